// talkctl where systemd has started the servers: no pid file says which of them run, so what counts is who listens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/scenario/cluster.h"
#include "tests/scenario/deadline.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Takes each connection and closes it without a word, as a server does that ends in the middle of a request.
class MuteServer {
 public:
  explicit MuteServer(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A server that was killed may hold its port a moment longer than its pid.
    wait_until("nobody listens on port " + std::to_string(port),
               [&] { return ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0; });
    if (::listen(fd_, 16) != 0) throw Unexpected("listen() failed on port " + std::to_string(port));
    thread_ = std::thread([this] {
      for (int peer = 0; (peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) ::close(peer);
    });
  }
  ~MuteServer() {
    ::shutdown(fd_, SHUT_RDWR);  // wakes the thread
    thread_.join();
    ::close(fd_);
  }
  MuteServer(const MuteServer&) = delete;
  MuteServer& operator=(const MuteServer&) = delete;

 private:
  int fd_;
  std::thread thread_;
};

/// What talkctl finds in the directory of two msg_servers, and no servers.
class Installation {
 public:
  Installation() {
    std::ofstream(directory_.path() / "cluster.conf") << "PORT_BASE=" << ports_.base() << "\nMSG_SERVERS=2\n";
    std::ofstream(key()) << std::string(64, 'a') << "\n";
    EXPECT_EQ(talkctl({"user", "add", "alice", "--password", "secret"}).exit_code, 0);
  }

  fs::path key() const { return directory_.path() / "admin.key"; }
  uint16_t http_port(int k) const { return static_cast<uint16_t>(ports_.base() + 203 + 10 * k); }
  Outcome talkctl(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{programs() / "talkctl", "--dir", directory_.path()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(all);
  }
  std::string state_of_alice() const {
    return nlohmann::json::parse(talkctl({"--json", "user", "list"}).out).at(0).at("state");
  }

 private:
  ScratchDirectory directory_;
  PortBlock ports_;
};

/// Takes a cluster's pid files away, and brings them back for who stops it.
class NoPidFiles {
 public:
  explicit NoPidFiles(const Cluster& cluster) {
    for (const auto& entry : fs::directory_iterator(cluster.directory())) {
      if (entry.path().extension() == ".pid" || entry.path().extension() == ".start") files_.push_back(entry.path());
    }
    for (const fs::path& file : files_) fs::rename(file, hidden(file));
  }
  ~NoPidFiles() {
    std::error_code ignored;
    for (const fs::path& file : files_) fs::rename(hidden(file), file, ignored);
  }
  NoPidFiles(const NoPidFiles&) = delete;
  NoPidFiles& operator=(const NoPidFiles&) = delete;

 private:
  static fs::path hidden(const fs::path& file) { return file.string() + ".hidden"; }

  std::vector<fs::path> files_;
};

TEST(TalkctlWithoutPidFiles, a_logout_names_each_server_that_was_reached_and_did_not_say_that_it_was_done) {
  const Installation installation;
  const MuteServer mute(installation.http_port(1));
  for (const std::vector<std::string>& command : {std::vector<std::string>{"user", "revoke", "alice"},
                                                  {"user", "passwd", "alice", "--password", "another"},
                                                  {"user", "disable", "alice"}}) {
    const Outcome outcome = installation.talkctl(command);
    EXPECT_EQ(outcome.exit_code, 1) << command[1];
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("could not be told to msg_server_1 ("), Not(HasSubstr("msg_server_0"))));
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
  }
  EXPECT_EQ(installation.state_of_alice(), "disabled");
}

TEST(TalkctlWithoutPidFiles, a_logout_without_the_administrations_key_says_that_no_server_was_told) {
  const Installation installation;
  EXPECT_EQ(installation.talkctl({"user", "revoke", "alice"}).exit_code, 0) << "there is no server to be told";
  fs::remove(installation.key());
  const Outcome outcome = installation.talkctl({"user", "disable", "alice"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("sessions may live on"), HasSubstr("admin.key cannot be read")));
  EXPECT_EQ(installation.state_of_alice(), "disabled") << "that has been done all the same";
}

TEST(TalkctlWithoutPidFiles, a_server_that_hangs_or_has_another_key_is_none_that_does_not_run) {
  Cluster cluster;
  const pid_t server = cluster.pid("msg_server_1");
  const NoPidFiles hidden(cluster);
  ::kill(server, SIGSTOP);
  const Outcome partly = cluster.talkctl({"user", "revoke", "alice"});
  EXPECT_EQ(partly.exit_code, 1);
  EXPECT_THAT(partly.err, AllOf(HasSubstr("msg_server_1 (no answer)"), Not(HasSubstr("msg_server_0"))));
  EXPECT_THAT(cluster.talkctl({"drain", "msg_server_1"}).err, HasSubstr("msg_server_1 does not answer"));
  ::kill(server, SIGCONT);
  EXPECT_EQ(cluster.talkctl({"user", "revoke", "alice"}).exit_code, 0);

  const fs::path key = cluster.directory() / "admin.key";
  const std::string right = contents(key);
  { std::ofstream(key) << std::string(64, '0'); }
  const Outcome refused = cluster.talkctl({"user", "revoke", "alice"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("msg_server_0 (HTTP status 401)"), HasSubstr("msg_server_1 (HTTP")));
  { std::ofstream(key) << right; }

  ::kill(server, SIGKILL);
  wait_until("its port is closed", [&] {
    return cluster.talkctl({"drain", "msg_server_1"}).err.find("does not run") != std::string::npos;
  });
  EXPECT_EQ(cluster.talkctl({"user", "revoke", "alice"}).exit_code, 0);
}

TEST(TalkctlWithoutPidFiles, a_server_that_stops_answering_while_it_drains_has_not_left) {
  Cluster cluster;
  const pid_t server = cluster.pid("msg_server_0");
  const NoPidFiles hidden(cluster);
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
  Program drain({programs() / "talkctl", "--dir", cluster.directory(), "drain", "msg_server_0", "--timeout", "10s"});
  wait_until("it leaves", [&] { return drain.written().find("msg_server_0 leaves: ") != std::string::npos; });
  ::kill(server, SIGSTOP);
  const Outcome outcome = drain.wait();
  ::kill(server, SIGCONT);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("msg_server_0 has not left after 10 s, and does not answer"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("has left")));
}

TEST(TalkctlWithoutPidFiles, who_is_online_is_not_all_where_a_server_gives_no_answer) {
  const Installation installation;
  EXPECT_EQ(installation.talkctl({"online"}).exit_code, 0) << "none of them runs";
  const MuteServer mute(installation.http_port(1));
  const Outcome outcome = installation.talkctl({"--json", "online"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("not all of it: msg_server_1 does not answer"));
  EXPECT_EQ(nlohmann::json::parse(outcome.out).at("missing").size(), 1u);
}

TEST(TalkctlWithoutPidFiles, a_broadcast_that_nobody_confirmed_says_how_to_go_on_with_it) {
  const Installation installation;
  const Outcome nobody = installation.talkctl({"broadcast", "hello"});
  EXPECT_THAT(nobody.err, AllOf(HasSubstr("no msg_server of"), Not(HasSubstr("--id"))));
  const MuteServer mute(installation.http_port(0));
  const Outcome outcome = installation.talkctl({"broadcast", "hello"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("msg_server_0: "), HasSubstr("whether it was done is not known"),
                                 HasSubstr("go on with: talkctl broadcast --id talkctl-"), Not(HasSubstr(" runs"))));
  EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
}

TEST(TalkctlWithoutPidFiles, a_question_that_one_server_does_not_answer_goes_to_the_next_one_and_an_order_does_not) {
  Cluster cluster;
  cluster.kill9("msg_server_0");
  const MuteServer mute(cluster.http_port("msg_server_0"));
  const Outcome question = cluster.talkctl({"group", "list"});
  EXPECT_EQ(question.exit_code, 0) << question.err;
  const Outcome order = cluster.talkctl({"group", "create", "team"});
  EXPECT_EQ(order.exit_code, 1);
  EXPECT_THAT(order.err, HasSubstr("msg_server_0: "));
  EXPECT_THAT(order.err, HasSubstr("whether it was done is not known"));
  EXPECT_THAT(cluster.talkctl({"group", "list"}).out, Not(HasSubstr("team")));
}

}  // namespace
}  // namespace talkbeat::scenario
