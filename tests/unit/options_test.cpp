#include "base/options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace talkbeat {
namespace {

enum class Colour { kRed, kGreen };

struct Config {
  int64_t idle_timeout_ms = 60'000;
  int64_t probe_after_ms = 0;
  uint32_t max_connections = 1000;
  size_t max_pdu = 16 * 1024;
  bool nodelay = true;
  std::string level = "info";
  Colour colour = Colour::kGreen;
  std::string file = "a \"b\"\n\x01";
  Address listen{"0.0.0.0", 8008};
  Address metrics{};
  std::vector<Address> peers;
};

class Options : public testing::Test {
 protected:
  Options() {
    describe(table_, config_);
    path_ = testing::TempDir() + "options_test_" + std::to_string(getpid()) + ".toml";
  }
  ~Options() override { std::filesystem::remove(path_); }

  static void describe(OptionTable& table, Config& config) {
    table.section("client", "Connections of clients");
    table.duration("idle_timeout", config.idle_timeout_ms, {1000, 604'800'000}, "Silence that ends it.").reloadable();
    table.duration("probe_after", config.probe_after_ms, {1000, 60'000}, "Silence before a probe.").or_off();
    table.integer("max_connections", config.max_connections, {1, 4'000'000}, "connections", "More are refused.");
    table.bytes("max_pdu", config.max_pdu, {16, 1 << 24}, "Largest PDU.").reloadable();
    table.boolean("nodelay", config.nodelay, "TCP_NODELAY.");
    table.section("log", "The log");
    table.choice("level", config.level, {"debug", "info", "warn"}, "Least level.").reloadable();
    table.choice("colour", config.colour, {"red", "green"}, "Colour.");
    table.text("file", config.file, "Where to.");
    table.address("listen", config.listen, "Where to listen.");
    table.address("metrics", config.metrics, "Metrics.").or_off();
    table.addresses("peers", config.peers, "The others.");
  }

  std::string load(const std::string& text, std::vector<std::string> overrides = {}) {
    write(text);
    const Status status = table_.load(path_, overrides);
    return status.ok() ? "" : without_directory(status.message());
  }
  void write(const std::string& text) { std::ofstream(path_) << text; }
  std::string without_directory(std::string message) const {
    if (message.starts_with(path_)) message.replace(0, path_.size(), "f.toml");
    return message;
  }
  std::string set(const std::string& assignment) {
    const Status status = table_.set(assignment);
    return status.ok() ? "" : status.message();
  }
  static std::string print(const OptionTable& table) {
    std::ostringstream out;
    table.print(out);
    return out.str();
  }

  Config config_;
  OptionTable table_;
  std::string path_;
};

TEST_F(Options, a_file_sets_what_it_names_and_leaves_the_rest) {
  EXPECT_EQ(load("[client]\nidle_timeout = \"5m\"\nmax_pdu = \"1MiB\"\n[log]\nlevel = \"warn\"\ncolour = \"red\"\n"
                 "peers = [\"1.2.3.4:1\", \"[::1]:2\"]\n"),
            "");
  EXPECT_EQ(config_.idle_timeout_ms, 300'000);
  EXPECT_EQ(config_.max_pdu, 1u << 20);
  EXPECT_EQ(config_.level, "warn");
  EXPECT_EQ(config_.colour, Colour::kRed);
  EXPECT_EQ(config_.peers.at(1).to_string(), "[::1]:2");
  EXPECT_EQ(config_.max_connections, 1000u);
}

TEST_F(Options, a_wrong_value_names_file_line_key_and_what_is_allowed) {
  EXPECT_EQ(load("\n[client]\nidle_timeout = \"5 bananas\"\n"),
            "f.toml:3: client.idle_timeout: \"5 bananas\" is not a duration; allowed: 1s to 7d");
  EXPECT_EQ(load("[client]\nidle_timeout = \"8d\"\n"),
            "f.toml:2: client.idle_timeout: \"8d\" is out of range; allowed: 1s to 7d");
  EXPECT_EQ(load("[client]\nidle_timeout = 30\n"),
            "f.toml:2: client.idle_timeout: 30 is not a duration; allowed: 1s to 7d");
  EXPECT_EQ(load("[client]\nmax_connections = 0\n"),
            "f.toml:2: client.max_connections: 0 is out of range; allowed: 1 to 4000000 connections");
  EXPECT_EQ(load("[client]\nmax_connections = 1.5\n"),
            "f.toml:2: client.max_connections: a value of type floating-point is not an integer; "
            "allowed: 1 to 4000000 connections");
  EXPECT_EQ(load("[log]\nlevel = \"loud\"\n"),
            "f.toml:2: log.level: \"loud\" is not one of the choices; allowed: debug, info, warn");
  EXPECT_EQ(load("[client]\nnodelay = \"yes\"\n"),
            "f.toml:2: client.nodelay: \"yes\" is not true or false; allowed: true, false");
  EXPECT_EQ(load("[log]\npeers = [\"x\"]\n"),
            "f.toml:2: log.peers: \"x\" is not an address; allowed: 1.2.3.4:80, [::1]:80, localhost:80");
}

// Whoever reads the log, or a script that shows the last line, gets all of it.
TEST_F(Options, a_refusal_is_one_line_whatever_the_names_hold) {
  EXPECT_EQ(set("x\ny.z=1"), R"(--set "x\u000Ay.z=1": "x\u000Ay": no such section; allowed: client, log)");
  EXPECT_EQ(load("\"a\\nb\" = 1\n"), R"(f.toml:1: "a\u000Ab": stands in no section; allowed: client, log)");
  EXPECT_EQ(load("[\"a\\nb\"]\n"), R"(f.toml:1: "a\u000Ab": no such section; allowed: client, log)");
  const std::string unknown = load("[log]\n\"a\\u001bb\" = 1\n");
  EXPECT_TRUE(unknown.starts_with("f.toml:2: log.\"a")) << unknown;
  EXPECT_EQ(unknown.find('\x1b'), std::string::npos);
}

TEST_F(Options, unknown_sections_and_keys_are_errors) {
  EXPECT_EQ(load("[clint]\n"), "f.toml:1: clint: no such section; allowed: client, log");
  EXPECT_EQ(load("[log]\nlevle = 1\n"),
            "f.toml:2: log.levle: no such setting; allowed: level, colour, file, listen, metrics, peers");
  EXPECT_EQ(load("level = 1\n"), "f.toml:1: level: stands in no section; allowed: client, log");
  EXPECT_NE(load("[log.deep]\nlevel = \"info\"\n").find("log.deep: no such setting"), std::string::npos);
}

TEST_F(Options, a_syntax_error_is_one_line_with_its_number) {
  for (const char* text : {"[client]\nidle_timeout = = 1\n", "[client]\nnodelay = true\nnodelay = true # twice\n",
                           "[client]\nfile = \"no end\n", "\xff\xfe = 1\n"}) {
    const std::string message = load(text);
    EXPECT_TRUE(message.starts_with("f.toml:") && message[7] >= '1' && message[7] <= '3') << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST_F(Options, a_missing_file_and_a_directory_are_errors) {
  EXPECT_EQ(table_.load("/nowhere/x.toml").message(), "/nowhere/x.toml: cannot be read: No such file or directory");
  EXPECT_EQ(table_.load("/tmp").message(), "/tmp: cannot be read: Is a directory");
  EXPECT_TRUE(table_.load("/dev/null").ok());
}

TEST_F(Options, an_error_changes_nothing) {
  EXPECT_NE(load("[client]\nmax_pdu = 17\nidle_timeout = \"x\"\n"), "");
  EXPECT_EQ(config_.max_pdu, 16u * 1024);
}

TEST_F(Options, off_is_allowed_only_where_said) {
  EXPECT_EQ(load("[client]\nprobe_after = \"5s\"\n[log]\nmetrics = \"1.1.1.1:1\"\n"), "");
  EXPECT_EQ(load("[client]\nprobe_after = \"0\"\n[log]\nmetrics = \"\"\n"), "");
  EXPECT_EQ(config_.probe_after_ms, 0);
  EXPECT_EQ(config_.metrics, Address{});
  EXPECT_EQ(load("[client]\nidle_timeout = \"0\"\n"),
            "f.toml:2: client.idle_timeout: \"0\" is out of range; allowed: 1s to 7d");
  EXPECT_EQ(set("client.probe_after=1ms"),
            "--set client.probe_after=1ms: client.probe_after: \"1ms\" is out of range; allowed: 1s to 1m, or 0: off");
}

TEST_F(Options, assignments_take_every_kind_and_override_the_file) {
  EXPECT_EQ(load("[client]\nmax_pdu = 17\n",
                 {"client.max_pdu=2KiB", "client.nodelay=false", "log.colour=red", "client.max_connections=5",
                  "log.peers=1.1.1.1:1,2.2.2.2:2", "log.file=x=y", "log.listen=localhost:1"}),
            "");
  EXPECT_EQ(config_.max_pdu, 2048u);
  EXPECT_FALSE(config_.nodelay);
  EXPECT_EQ(config_.max_connections, 5u);
  EXPECT_EQ(config_.peers.size(), 2u);
  EXPECT_EQ(config_.file, "x=y");
  EXPECT_EQ(config_.listen.ip, "127.0.0.1");
  EXPECT_EQ(set("log.peers="), "");
  EXPECT_TRUE(config_.peers.empty());
}

TEST_F(Options, a_wrong_assignment_says_why) {
  EXPECT_EQ(set("nonsense"), "--set nonsense: is not an assignment; allowed: section.key=value");
  EXPECT_EQ(set("x.y=1"), "--set x.y=1: x: no such section; allowed: client, log");
  EXPECT_EQ(set("client.max_connections=many"),
            "--set client.max_connections=many: client.max_connections: \"many\" is not an integer; "
            "allowed: 1 to 4000000 connections");
}

TEST_F(Options, printed_files_load_to_the_same_values) {
  ASSERT_EQ(set("client.idle_timeout=90s"), "");
  ASSERT_EQ(set("client.max_pdu=1000"), "");
  ASSERT_EQ(set("log.peers=1.1.1.1:1,[::1]:2"), "");
  write(print(table_));
  Config other;
  OptionTable other_table;
  describe(other_table, other);
  const Status status = other_table.load(path_);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(other.idle_timeout_ms, 90'000);
  EXPECT_EQ(other.max_pdu, 1000u);
  EXPECT_EQ(other.file, config_.file);
  EXPECT_EQ(other.peers, config_.peers);
  EXPECT_EQ(print(other_table), print(table_));
}

TEST_F(Options, the_print_teaches) {
  EXPECT_TRUE(
      print(table_).starts_with("# Connections of clients\n"
                                "[client]\n"
                                "\n"
                                "# Silence that ends it.\n"
                                "# Allowed: 1s to 7d. Default: \"1m\". Changed by SIGHUP.\n"
                                "idle_timeout = \"1m\"\n"
                                "\n"
                                "# Silence before a probe.\n"
                                "# Allowed: 1s to 1m, or 0: off. Default: \"0\". A change needs a restart.\n"
                                "probe_after = \"0\"\n"))
      << print(table_);
}

TEST_F(Options, a_broken_rule_names_its_line_and_changes_nothing) {
  table_.check([this]() -> std::optional<BrokenRule> {
    if (config_.probe_after_ms < config_.idle_timeout_ms) return std::nullopt;
    return BrokenRule{"client.probe_after", "must be below client.idle_timeout"};
  });
  EXPECT_EQ(load("[client]\nidle_timeout = \"2s\"\nprobe_after = \"5s\"\n"),
            "f.toml:3: client.probe_after: must be below client.idle_timeout");
  EXPECT_EQ(config_.idle_timeout_ms, 60'000);
  // Only together do the file and the assignment make sense.
  EXPECT_EQ(load("[client]\nidle_timeout = \"2s\"\nprobe_after = \"5s\"\n", {"client.probe_after=1s"}), "");
}

TEST_F(Options, what_a_rule_derives_follows_the_values_that_hold) {
  int64_t half = 0;
  table_.check([&]() -> std::optional<BrokenRule> {
    half = config_.idle_timeout_ms / 2;
    return std::nullopt;
  });
  table_.check([this]() -> std::optional<BrokenRule> {
    if (config_.idle_timeout_ms != 7000) return std::nullopt;
    return BrokenRule{"client.idle_timeout", "must not be 7s"};
  });
  ASSERT_EQ(load(""), "");
  EXPECT_EQ(half, 30'000);
  EXPECT_EQ(set("client.idle_timeout=7s"), "--set client.idle_timeout=7s: client.idle_timeout: must not be 7s");
  EXPECT_EQ(half, 30'000);
}

TEST_F(Options, reload_applies_only_what_it_may) {
  ASSERT_EQ(load("[client]\nidle_timeout = \"5m\"\n", {"log.level=debug"}), "");
  write("[client]\nmax_connections = 7\nmax_pdu = \"1MiB\"\n");
  const Result<ReloadReport> report = table_.reload();
  ASSERT_TRUE(report.ok()) << report.message();
  ASSERT_EQ(report.value().changed.size(), 2u);
  EXPECT_EQ(report.value().changed[0].key, "client.idle_timeout");
  EXPECT_EQ(report.value().changed[0].old_value, "\"5m\"");
  EXPECT_EQ(report.value().changed[0].new_value, "\"1m\"");
  ASSERT_EQ(report.value().needs_restart.size(), 1u);
  EXPECT_EQ(report.value().needs_restart[0].key, "client.max_connections");
  EXPECT_EQ(config_.idle_timeout_ms, 60'000);
  EXPECT_EQ(config_.max_connections, 1000u);
  EXPECT_EQ(config_.level, "debug") << "--set outlives a reload";
}

TEST_F(Options, a_reload_with_an_error_changes_nothing) {
  ASSERT_EQ(load("[client]\nidle_timeout = \"5m\"\n"), "");
  write("[client]\nidle_timeout = \"6m\"\nmax_pdu = \"none\"\n");
  EXPECT_FALSE(table_.reload().ok());
  EXPECT_EQ(config_.idle_timeout_ms, 300'000);
}

TEST_F(Options, what_came_through_a_pipe_is_not_read_again) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  constexpr std::string_view kText = "[client]\nidle_timeout = \"5m\"\n";
  EXPECT_EQ(::write(ends[1], kText.data(), kText.size()), static_cast<ssize_t>(kText.size()));
  ::close(ends[1]);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  EXPECT_TRUE(table_.load(path).ok());
  const Result<ReloadReport> report = table_.reload();
  ::close(ends[0]);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.message(), path + ": is no file, and cannot be read again");
  EXPECT_EQ(config_.idle_timeout_ms, 300'000);
}

TEST_F(Options, a_reload_that_only_a_restart_makes_right_changes_nothing) {
  table_.check([this]() -> std::optional<BrokenRule> {
    if (config_.max_pdu >= config_.max_connections) return std::nullopt;
    return BrokenRule{"client.max_pdu", "must be at least client.max_connections"};
  });
  ASSERT_EQ(load(""), "");
  write("[client]\nmax_pdu = 16\nmax_connections = 1\n");
  const Result<ReloadReport> report = table_.reload();
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.message().find("until a restart"), std::string::npos);
  EXPECT_EQ(config_.max_pdu, 16u * 1024);
}

TEST(WrapWords, breaks_at_spaces_and_newlines) {
  EXPECT_EQ(wrap_words("aa bb cc", 5), (std::vector<std::string>{"aa bb", "cc"}));
  EXPECT_EQ(wrap_words("a\nb", 5), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(wrap_words("aaaaaaaa bb", 5), (std::vector<std::string>{"aaaaaaaa", "bb"}));
  EXPECT_TRUE(wrap_words("", 5).empty());
}

}  // namespace
}  // namespace talkbeat
