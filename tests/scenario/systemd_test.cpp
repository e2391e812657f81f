// tools/systemd/: the units leave the servers no more than they need, and the servers need no more than the units
// leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::vector<std::string> kUnits{"talkbeat-login@.service", "talkbeat-msg@.service"};

fs::path unit_file(const std::string& name) {
  return source_directory() / "tools/systemd" / name;
}

// What `systemd-analyze security` sums up, from 0 (can do nothing) to 10 (can do anything), in tenths.
TEST(SystemdUnits, leave_an_exposure_below_2) {
  constexpr const char* kMost = "--threshold=19";
  for (const std::string& unit : kUnits) {
    const Outcome outcome = run({"systemd-analyze", "security", "--offline=yes", "--no-pager", kMost, unit_file(unit)});
    EXPECT_EQ(outcome.exit_code, 0) << unit << "\n" << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("Overall exposure level for talkbeat-"));
  }
}

// The store of an older version is rewritten before a msg_server says that it serves.
TEST(SystemdUnits, leave_a_msg_server_all_the_time_that_it_needs_to_start) {
  EXPECT_THAT(contents(unit_file("talkbeat-msg@.service")), HasSubstr("\nTimeoutStartSec=infinity\n"));
}

// The calls of a set of systemd's, those of the sets within it included.
void add_set(const std::string& name, std::set<std::string>& calls) {
  const Outcome listed = run({"systemd-analyze", "syscall-filter", "--no-pager", name});
  ASSERT_EQ(listed.exit_code, 0) << name << ": " << listed.err;
  for (const std::string& line : lines_of(listed.out)) {
    if (!line.starts_with(' ')) continue;  // the set's own name
    const std::string entry = line.substr(line.find_first_not_of(' '));
    if (entry.starts_with('@')) {
      add_set(entry, calls);
    } else if (!entry.starts_with('#')) {
      calls.insert(entry);
    }
  }
}

// What the unit's lines SystemCallFilter= let through, one after the other as systemd reads them.
std::set<std::string> allowed_calls(const std::string& unit) {
  std::set<std::string> allowed;
  for (const std::string& line : lines_of(contents(unit_file(unit)))) {
    constexpr std::string_view kKey = "SystemCallFilter=";
    if (!line.starts_with(kKey)) continue;
    const bool takes_away = line[kKey.size()] == '~';
    std::istringstream words(line.substr(kKey.size() + (takes_away ? 1 : 0)));
    for (std::string word; words >> word;) {
      std::set<std::string> calls;
      if (word.starts_with('@')) {
        add_set(word, calls);
      } else {
        calls.insert(word);
      }
      for (const std::string& call : calls) takes_away ? (void)allowed.erase(call) : (void)allowed.insert(call);
    }
  }
  return allowed;
}

// The first column of strace's summary, between its two rules.
std::set<std::string> called(const fs::path& summary) {
  std::set<std::string> calls;
  int rules = 0;
  for (const std::string& line : lines_of(contents(summary))) {
    if (line.starts_with("-")) {
      ++rules;
    } else if (rules == 1) {
      calls.insert(line.substr(0, line.find(' ')));
    }
  }
  return calls;
}

std::vector<std::string> not_allowed(const fs::path& summary, const std::string& unit) {
  // The sanitizers' own: they look for the processors, and for the stacks of threads. And SQLite's as root: its log
  // gets the owner of its file. The units run nothing as root.
  const std::set<std::string> of_the_tests{"sched_getaffinity", "personality", "sigaltstack", "fchown"};
  std::vector<std::string> wrong;
  const std::set<std::string> allowed = allowed_calls(unit);
  EXPECT_GT(allowed.size(), 200u);
  for (const std::string& call : called(summary)) {
    if (!allowed.contains(call) && !of_the_tests.contains(call)) wrong.push_back(call);
  }
  return wrong;
}

/// One login_server and one msg_server, started as the units do, without start.sh, and watched.
class Watched {
 public:
  Watched() {
    for (const char* key : {"cluster.key", "admin.key"}) {
      std::ofstream(path(key)) << std::string(64, 'a');
      fs::permissions(path(key), fs::perms::owner_read | fs::perms::owner_write);
    }
    start(login_, "login_server",
          {"client.listen=" + at(8), "client.http_listen=" + at(80), "cluster.listen=" + at(100),
           "images.directory=" + path("images")});
    start(msg_, "msg_server",
          {"client.listen=" + at(200), "http.listen=" + at(203), "cluster.login_servers=" + at(100),
           "store.path=" + path("talkbeat.db"), "files.path=" + path("files"), "admin.key_file=" + path("admin.key"),
           "drain.timeout=2s", "drain.spread=1s"});
    const auto ready = static_cast<uint16_t>(ports_.base() + 203);
    wait_until(
        "they serve", [&] { return http_get(ready, "/readyz").status == 200; }, 60s);
  }

  std::string path(const std::string& name) const { return directory_.path() / name; }
  uint16_t port(int offset) const { return static_cast<uint16_t>(ports_.base() + offset); }
  Outcome client(const std::string& user, const std::vector<std::string>& more) const {
    std::vector<std::string> all{programs() / "talkchat", "--login", at(8), "--user", user, "--password", "secret"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  }
  void add_user(const std::string& name) const {
    std::ofstream(path("cluster.conf")) << "PORT_BASE=" << ports_.base() << "\nMSG_SERVERS=1\n";
    const Outcome added =
        run({programs() / "talkctl", "--dir", directory_.path(), "user", "add", name, "--password", "secret"});
    ASSERT_EQ(added.exit_code, 0) << added.err;
  }
  /// SIGTERM, to strace's child: it would not pass it on.
  void stop() {
    for (auto* program : {&msg_, &login_}) {
      const std::string child = contents("/proc/" + std::to_string((*program)->pid()) + "/task/" +
                                         std::to_string((*program)->pid()) + "/children");
      kill(std::stoi(child), SIGTERM);
      const Outcome outcome = (*program)->wait();
      EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    }
  }

 private:
  std::string at(int offset) const { return "127.0.0.1:" + std::to_string(ports_.base() + offset); }
  void start(std::optional<Program>& program, const std::string& name, std::vector<std::string> settings) {
    std::vector<std::string> all{"strace", "-f", "-c", "-U", "name", "-o", path(name + ".calls"),
                                 // A leak is looked for by ptrace, which strace has taken.
                                 "-E", "ASAN_OPTIONS=detect_leaks=0", programs() / name};
    settings.push_back("cluster.key_file=" + path("cluster.key"));
    settings.push_back("log.file=" + path(name + ".log"));
    for (const std::string& setting : settings) all.insert(all.end(), {"--set", setting});
    program.emplace(all);
  }

  ScratchDirectory directory_;
  PortBlock ports_;
  std::optional<Program> login_;
  std::optional<Program> msg_;
};

TEST(SystemdUnits, let_through_every_system_call_of_servers_at_work) {
  Watched servers;
  servers.add_user("alice");
  servers.add_user("bob");
  std::ofstream(servers.path("a.txt")) << std::string(100'000, 'a');
  EXPECT_EQ(servers.client("alice", {"send", "--to", "bob", "hello"}).exit_code, 0);
  EXPECT_EQ(servers.client("alice", {"sendfile", "--to", "bob", servers.path("a.txt")}).exit_code, 0);
  EXPECT_EQ(servers.client("bob", {"recv", "--count", "1"}).exit_code, 0);
  fs::create_directory(servers.path("in"));
  EXPECT_EQ(servers.client("bob", {"recvfile", "--dir", servers.path("in"), "--count", "1"}).exit_code, 0);
  EXPECT_EQ(http_get(servers.port(80), "/metrics").status, 200);
  EXPECT_EQ(http_get(servers.port(203), "/metrics").status, 200);
  servers.stop();
  EXPECT_THAT(not_allowed(servers.path("login_server.calls"), kUnits[0]), IsEmpty());
  EXPECT_THAT(not_allowed(servers.path("msg_server.calls"), kUnits[1]), IsEmpty());
}

/// Listens where systemd would, and sends no word.
class Manager {
 public:
  explicit Manager(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Manager() { close(fd_); }

  std::string await_word() const {
    std::string text(512, '\0');
    ssize_t size = -1;
    wait_until(
        "the server says something", [&] { return (size = recv(fd_, text.data(), text.size(), 0)) >= 0; }, 60s);
    text.resize(static_cast<size_t>(size));
    return text;
  }

 private:
  int fd_;
};

TEST(SystemdUnits, start_servers_that_tell_when_they_serve_that_they_live_and_when_they_leave) {
  ScratchDirectory directory;
  const Manager manager(directory.path() / "notify");
  std::ofstream(directory.path() / "cluster.key") << std::string(64, 'a');
  fs::permissions(directory.path() / "cluster.key", fs::perms::owner_read);
  Program server({"/usr/bin/env", "NOTIFY_SOCKET=" + (directory.path() / "notify").string(), "WATCHDOG_USEC=200000",
                  programs() / "login_server", "--set", "client.listen=127.0.0.1:0", "--set",
                  "client.http_listen=127.0.0.1:0", "--set", "cluster.listen=127.0.0.1:0", "--set",
                  "cluster.key_file=" + (directory.path() / "cluster.key").string()});
  EXPECT_THAT(manager.await_word(), StartsWith("READY=1\n"));
  EXPECT_EQ(manager.await_word(), "WATCHDOG=1");
  kill(server.pid(), SIGTERM);
  std::string word;
  while ((word = manager.await_word()) == "WATCHDOG=1") {
  }
  EXPECT_THAT(word, StartsWith("STOPPING=1\n"));
  EXPECT_EQ(server.wait().exit_code, 0);
}

}  // namespace
}  // namespace talkbeat::scenario
