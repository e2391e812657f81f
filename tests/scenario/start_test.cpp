// What tools/start.sh promises where it cannot start: one line that says why, and nothing left running.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Processes that have the directory in their command line.
std::vector<std::string> processes_of(const fs::path& directory) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string command_line = contents(entry.path() / "cmdline");
    if (command_line.find("--config") != std::string::npos && command_line.find(directory) != std::string::npos) {
      found.push_back(command_line);
    }
  }
  return found;
}

class Start : public testing::Test {
 protected:
  // Where a test fails because something did start, it must not stay.
  ~Start() override { run({source_directory() / "tools/stop.sh", "--dir", directory_, "--now"}); }

  std::vector<std::string> command(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{
        source_directory() / "tools/start.sh", "--dir",     directory_, "--bin", programs(), "--port-base",
        std::to_string(ports_.base()),         "--timeout", "60"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  void expect_refusal(const Outcome& outcome, const std::string& why) {
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(lines_of(outcome.err), SizeIs(1)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(processes_of(scratch_.path()), IsEmpty());
    EXPECT_FALSE(fs::exists(directory_ / "msg_server_0.pid"));
    EXPECT_FALSE(fs::exists(directory_ / "login_server_0.pid"));
  }

  // As a start leaves it; of another cluster than the one that command() is about.
  void note_earlier_cluster() {
    fs::create_directories(directory_);
    std::ofstream(directory_ / "cluster.conf") << kShape;
    std::ofstream(directory_ / "cluster.set") << kSettings;
  }
  void expect_earlier_cluster() {
    EXPECT_EQ(contents(directory_ / "cluster.conf"), kShape);
    EXPECT_EQ(contents(directory_ / "cluster.set"), kSettings);
  }

  static constexpr const char* kShape = "PORT_BASE=12340\nLOGIN_SERVERS=1\nMSG_SERVERS=3\nBIN=/opt/talkbeat\n";
  static constexpr const char* kSettings = "log.level=debug\nclient.ip1=192.0.2.7\n";

  ScratchDirectory scratch_;
  PortBlock ports_;
  fs::path directory_ = scratch_.path() / "run";
};

TEST_F(Start, on_a_taken_client_port_says_so_and_leaves_nothing_running) {
  const TakenPort taken(ports_.base() + 210);
  expect_refusal(run(command()), "port " + std::to_string(ports_.base() + 210));
}

TEST_F(Start, on_a_taken_login_server_port_says_so_and_leaves_nothing_running) {
  const TakenPort taken(ports_.base() + 80);
  expect_refusal(run(command()), "port " + std::to_string(ports_.base() + 80));
}

TEST_F(Start, with_a_broken_configuration_names_file_and_line) {
  fs::create_directories(directory_ / "conf");
  std::ofstream(directory_ / "conf/msg_server.toml") << "[client]\nmax_connections = \"many\"\n";
  expect_refusal(run(command()), "conf/msg_server.toml:2: ");
}

TEST_F(Start, with_a_configuration_that_is_not_toml_names_file_and_line) {
  fs::create_directories(directory_ / "conf");
  std::ofstream(directory_ / "conf/login_server.toml") << "\n\n[client\n";
  expect_refusal(run(command()), "conf/login_server.toml:3");
}

TEST_F(Start, with_a_setting_that_no_server_has_names_it) {
  expect_refusal(run(command({"--set", "client.colour=blue"})), "client.colour");
}

TEST_F(Start, with_a_value_that_is_not_allowed_names_it) {
  expect_refusal(run(command({"--set", "log.level=loud"})), "log.level");
}

TEST_F(Start, without_the_programs_says_how_to_build_them) {
  expect_refusal(run(command({"--bin", scratch_.path()})), "make build");
}

TEST_F(Start, where_no_file_can_be_written_says_so_and_leaves_nothing_running) {
  std::vector<std::string> limited{"bash", "-c", "ulimit -f 0; exec \"$@\"", "bash"};
  const auto start = command();
  limited.insert(limited.end(), start.begin(), start.end());
  expect_refusal(run(limited), "cannot be written");
}

// A file system of 1 MiB in a mount namespace of its own, which goes when the script ends. Where the machine allows no
// mount (a container, say), /dev/full's error stands in for it: a key that cannot be written.
TEST_F(Start, without_disk_space_says_so_and_leaves_nothing_running) {
  fs::create_directories(directory_);
  std::vector<std::string> small{"unshare", "-rm", "bash", "-c", "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"",
                                 directory_};
  if (run({"unshare", "-rm", "mount", "-t", "tmpfs", "none", directory_}).exit_code != 0) {
    fs::create_symlink("/dev/full", directory_ / "log");
    expect_refusal(run(command()), "log");
    return;
  }
  const auto start = command();
  small.insert(small.end(), start.begin(), start.end());
  expect_refusal(run(small), "no disk space");
}

TEST_F(Start, with_a_wrong_flag_teaches_and_exits_with_2) {
  for (const auto& wrong : {std::vector<std::string>{"--bogus"},
                            {"--msg-servers", "0"},
                            {"--port-base", "x"},
                            {"--set", "a"},
                            {"--port-base", "010000"},
                            {"--msg-servers", "02"}}) {
    const Outcome outcome = run(command(wrong));
    EXPECT_EQ(outcome.exit_code, 2) << wrong.front();
    EXPECT_THAT(outcome.err, HasSubstr(wrong.front()));
    EXPECT_THAT(lines_of(outcome.err), SizeIs(1));
  }
}

TEST_F(Start, and_the_load_scripts_take_no_number_that_would_be_octal) {
  for (const auto& wrong : {std::vector<std::string>{"--clients", "0100"}, {"--port-base", "020000"}}) {
    const Outcome outcome = run({source_directory() / "tools/million.sh", "--check", wrong[0], wrong[1]});
    EXPECT_EQ(outcome.exit_code, 2) << wrong[0];
    EXPECT_THAT(outcome.err, HasSubstr(wrong[0] + " " + wrong[1]));
  }
}

TEST_F(Start, that_is_refused_leaves_the_cluster_known_that_was_started_last) {
  note_earlier_cluster();
  expect_refusal(run(command({"--set", "log.level=loud"})), "log.level");
  expect_earlier_cluster();
  const TakenPort taken(ports_.base() + 210);
  expect_refusal(run(command()), "port " + std::to_string(ports_.base() + 210));
  expect_earlier_cluster();
}

TEST_F(Start, of_servers_that_end_at_once_leaves_the_cluster_known_that_was_started_last_or_none) {
  fs::create_directories(directory_);
  std::ofstream(directory_ / "talkbeat.db") << std::string(4'096, 'x');  // no database
  expect_refusal(run(command()), "msg_server_0 ended");
  EXPECT_FALSE(fs::exists(directory_ / "cluster.conf"));
  EXPECT_FALSE(fs::exists(directory_ / "cluster.set"));
  note_earlier_cluster();
  expect_refusal(run(command()), "msg_server_0 ended");
  expect_earlier_cluster();
}

// Each server's process looks into /proc when it began before it writes its pid down. There it is held up, by a `cat`
// that waits for a file; the looks of others at it are counted.
constexpr const char* kSlowCat = R"(#!/bin/bash
if [[ $1 =~ ^/proc/([0-9]+)/stat$ ]]; then
  process=$PPID
  while ((process > 1 && process != BASH_REMATCH[1])); do
    while read -r key value; do [[ $key != PPid: ]] || process=$value; done <"/proc/$process/status"
  done
  if ((process == BASH_REMATCH[1])); then
    echo >>"$0.held"
    until [[ -e $0.go ]]; do sleep 0.01; done
  else
    echo >>"$0.looks"
  fi
fi
exec /bin/cat "$@"
)";

TEST_F(Start, that_is_interrupted_before_its_servers_have_written_down_their_pids_leaves_none_of_them) {
  const fs::path cat = scratch_.path() / "cat";
  std::ofstream(cat) << kSlowCat;
  fs::permissions(cat, fs::perms::owner_all);
  const auto lines = [&](const char* suffix) {
    return fs::exists(cat.string() + suffix) ? fs::file_size(cat.string() + suffix) : 0;
  };
  std::vector<std::string> slow{"env", "PATH=" + scratch_.path().string() + ":" + std::getenv("PATH")};
  const auto plain = command();
  slow.insert(slow.end(), plain.begin(), plain.end());
  Program start(slow);
  wait_until("a server's process is there", [&] { return lines(".held") > 0; });
  ::kill(start.pid(), SIGTERM);
  // Once it has looked that often, the signal has been taken, and it waits for them; or it has ended without.
  const auto looks = lines(".looks");
  const auto ended = [&] {
    return contents("/proc/" + std::to_string(start.pid()) + "/stat").find(") Z ") != std::string::npos;
  };
  wait_until("it has looked for its processes", [&] { return ended() || lines(".looks") >= looks + 5; });
  EXPECT_FALSE(ended()) << "it has not waited for what it has launched";
  std::ofstream(cat.string() + ".go") << "\n";
  EXPECT_EQ(start.wait().exit_code, 1);
  EXPECT_THAT(processes_of(scratch_.path()), IsEmpty());
  EXPECT_FALSE(fs::exists(directory_ / "login_server_0.pid"));
  EXPECT_FALSE(fs::exists(directory_ / "msg_server_0.pid"));
}

TEST_F(Start, and_each_of_the_other_scripts_has_help) {
  for (const char* script : {"start.sh", "stop.sh", "restart.sh", "status.sh", "demo.sh", "deps.sh"}) {
    const Outcome outcome = run({source_directory() / "tools" / script, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << script;
    EXPECT_THAT(outcome.out, HasSubstr("Usage: tools/" + std::string(script)));
  }
}

}  // namespace
}  // namespace talkbeat::scenario
