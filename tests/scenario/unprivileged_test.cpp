// Servers need no privilege: a cluster of a user who may do nothing but what everybody may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr uid_t kNobody = 65'534;

bool as_root() {
  return geteuid() == 0;
}

// Who runs the servers: where root runs the tests, somebody else; else whoever runs the tests.
uid_t servers_user() {
  return as_root() ? kNobody : geteuid();
}

std::vector<std::string> as_servers_user(const std::vector<std::string>& command) {
  if (!as_root()) return command;
  const std::string id = std::to_string(kNobody);
  std::vector<std::string> all{"setpriv", "--reuid", id, "--regid", id, "--clear-groups", "--no-new-privs"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

/// A login_server and a msg_server in a directory of that user's, which has copies of the programs as well: those that
/// were built may lie where only root gets to.
class UnprivilegedCluster {
 public:
  UnprivilegedCluster() {
    std::ofstream(directory() / "cluster.key") << std::string(64, 'a') << "\n";
    fs::permissions(directory() / "cluster.key", fs::perms::owner_read | fs::perms::owner_write);
    for (const char* program : {"login_server", "msg_server", "talkctl"}) {
      fs::copy_file(programs() / program, directory() / program);
    }
    if (as_root()) {
      give_away(directory());
      for (const auto& entry : fs::directory_iterator(directory())) give_away(entry.path());
    }
    for (const char* user : {"alice", "bob"}) {
      const Outcome added = run(as_servers_user(
          {directory() / "talkctl", "--dir", directory(), "user", "add", user, "--password", std::string(kPassword)}));
      if (added.exit_code != 0) throw Unexpected("talkctl user add: " + added.err);
    }
  }

  const fs::path& directory() const { return scratch_.path(); }
  uint16_t port(int offset) const { return static_cast<uint16_t>(ports_.base() + offset); }
  std::string log_of(const std::string& program) const { return contents(directory() / (program + ".log")); }
  std::vector<std::string> login_server() const {
    return command("login_server", {"client.listen=" + here(8), "client.http_listen=" + here(80)},
                   {"cluster.listen=" + here(100)});
  }
  std::vector<std::string> msg_server() const {
    return command("msg_server", {"client.listen=" + here(200), "http.listen=" + here(203)},
                   {"cluster.login_servers=" + here(100), "store.path=" + (directory() / "talkbeat.db").string()});
  }

 private:
  std::string here(int offset) const { return "127.0.0.1:" + std::to_string(port(offset)); }
  static void give_away(const fs::path& path) { ASSERT_EQ(chown(path.c_str(), kNobody, kNobody), 0) << path; }
  std::vector<std::string> command(const std::string& program, std::vector<std::string> settings,
                                   const std::vector<std::string>& more) const {
    settings.insert(settings.end(), more.begin(), more.end());
    settings.push_back("cluster.key_file=" + (directory() / "cluster.key").string());
    settings.push_back("log.file=" + (directory() / (program + ".log")).string());
    std::vector<std::string> words{directory() / program};
    for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
    return as_servers_user(words);
  }

  const ScratchDirectory scratch_;
  const PortBlock ports_;
};

// A line of /proc/PID/status, without its name.
std::string line_of_status(pid_t pid, const std::string& name) {
  for (const std::string& line : lines_of(contents("/proc/" + std::to_string(pid) + "/status"))) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "no line " + name;
}

void expect_unprivileged(pid_t pid) {
  const std::string id = std::to_string(servers_user());
  EXPECT_NE(servers_user(), 0u);
  EXPECT_EQ(line_of_status(pid, "Uid"), id + "\t" + id + "\t" + id + "\t" + id);
  EXPECT_EQ(line_of_status(pid, "CapEff"), "0000000000000000");
}

void expect_good_end(Program& server, const std::string& log) {
  kill(server.pid(), SIGTERM);
  const Outcome ended = server.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err << log;
  EXPECT_THAT(ended.err, Not(HasSubstr("ERROR: ")));
  EXPECT_THAT(log, Not(HasSubstr("running_as_root")));
}

TEST(Unprivileged, servers_of_a_user_without_any_privilege_serve_and_leave_in_good_order) {
  const UnprivilegedCluster cluster;
  Program login_server(cluster.login_server());
  Program msg_server(cluster.msg_server());
  const auto allocated = [&] { return http_get(cluster.port(80), "/msg_server").body; };
  wait_until(
      "login_server names the msg_server", [&] { return allocated().find("\"code\":0,") != std::string::npos; },
      3 * kPatience);
  expect_unprivileged(login_server.pid());
  expect_unprivileged(msg_server.pid());
  {
    const std::string named = nlohmann::json::parse(allocated()).at("port");
    WireClient alice(static_cast<uint16_t>(std::stoul(named)));
    WireClient bob(cluster.port(200));
    alice.log_in("alice");
    bob.log_in("bob");
    alice.tell(bob.user_id(), "no privilege is needed");
    EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_data(), "no privilege is needed");
  }
  expect_good_end(msg_server, cluster.log_of("msg_server"));
  expect_good_end(login_server, cluster.log_of("login_server"));
  for (const auto& entry : fs::directory_iterator(cluster.directory())) {
    struct stat found {};
    ASSERT_EQ(lstat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_uid, servers_user()) << entry.path();
  }
}

}  // namespace
}  // namespace talkbeat::scenario
