// TESTS.md P6: the whole cluster is restarted while people talk, and nobody notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <memory>

#include "base/log.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/program.h"
#include "tools/client/client.h"
#include "tools/client/client_loop.h"

namespace talkbeat::scenario {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kTalkers = 24;
constexpr Tick kPauseMs = 100;
constexpr Tick kMaxOfflineMs = 1'000;

/// Says 1, 2, 3, … to somebody, hears the same from somebody else, and measures how long it is without a session.
class Talker final : public ClientListener {
 public:
  Talker(ClientLoop& loop, const Address& login_server, const std::string& name)
      : loop_(loop),
        client_(loop.network, {.login_servers = {login_server}, .user = name, .password = std::string(kPassword)},
                *this) {
    client_.start();
  }

  void on_state(ClientState state, const std::string& why) override {
    const bool online = state == ClientState::kOnline;
    if (online && !online_ && ever_online_) longest_offline_ = std::max(longest_offline_, offline_for());
    if (!online && online_) offline_since_ = loop_.clock.now();
    if (!online && online_) faults_.push_back("went offline: " + why);
    online_ = online;
    ever_online_ = ever_online_ || online;
  }
  void on_message(const ReceivedMessage& message) override {
    if (message.mine) return;
    const std::string expected = std::to_string(heard_ + 1);
    if (message.body != expected) lost_.push_back("heard " + message.body + " in place of " + expected);
    ++heard_;
  }
  void on_sent(uint64_t, uint32_t) override { ++acked_; }
  void on_send_failed(uint64_t, ErrorCode, const std::string& text) override { lost_.push_back("not sent: " + text); }

  void talk_to(const Talker& other) { client_.send_text(other.info().user_id, std::to_string(++said_)); }
  ClientInfo info() const { return client_.info(); }
  bool online() const { return online_; }
  int said() const { return said_; }
  int acked() const { return acked_; }
  int heard() const { return heard_; }
  Tick longest_offline() const { return online_ ? longest_offline_ : std::max(longest_offline_, offline_for()); }
  /// Messages that were lost, doubled or out of order.
  const std::vector<std::string>& lost() const { return lost_; }
  /// Times without a session, in words: for a test that fails.
  const std::vector<std::string>& gaps() const { return faults_; }
  void stop() { client_.stop(); }
  std::string shown() const {
    const ClientInfo now = info();
    return std::string(to_string(now.state)) + " at " + now.server.to_string() + ", moves " +
           std::to_string(now.moves) + ", said " + std::to_string(said_) + ", acked " + std::to_string(acked_) +
           ", heard " + std::to_string(heard_) + (lost_.empty() ? "" : ", first fault: " + lost_.front());
  }

 private:
  Tick offline_for() const { return loop_.clock.now() - offline_since_; }

  ClientLoop& loop_;
  Client client_;
  bool online_ = false;
  bool ever_online_ = false;
  Tick offline_since_ = 0;
  Tick longest_offline_ = 0;
  int said_ = 0;
  int acked_ = 0;
  int heard_ = 0;
  std::vector<std::string> lost_;
  std::vector<std::string> faults_;
};

bool has_ended(const Program& program) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(program.pid()), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

/// They sit in a circle: each talks to the next one.
class P6 : public testing::Test {
 protected:
  P6() {
    LogConfig quiet;
    quiet.level = LogLevel::kError;
    EXPECT_TRUE(configure_logging(quiet).ok());
  }
  ~P6() override { EXPECT_TRUE(configure_logging({}).ok()); }

  static ClusterOptions shape() {
    ClusterOptions options;
    options.login_servers = 2;
    options.users.clear();
    options.settings = {"drain.spread=2s"};
    return options;
  }
  std::string state_of_talkers() const {
    std::string text;
    for (size_t i = 0; i < talkers_.size(); ++i)
      text += "\n  talker" + std::to_string(i + 1) + ": " + talkers_[i]->shown();
    return text;
  }
  template <class Condition>
  void turn_until(const std::string& what, Condition condition, milliseconds timeout) {
    const Deadline deadline(timeout);
    while (!condition()) {
      if (deadline.passed()) throw Unexpected("not in time: " + what + state_of_talkers());
      loop_.events.turn(20);
    }
  }
  bool all(bool (*holds)(const Talker&)) const {
    return std::ranges::all_of(talkers_, [holds](const auto& talker) { return holds(*talker); });
  }
  void come_online() {
    const std::string count = std::to_string(kTalkers);
    const Outcome added = cluster_.talkctl(
        {"user", "add-many", "--prefix", "talker", "--count", count, "--password", std::string(kPassword)});
    ASSERT_EQ(added.exit_code, 0) << added.err;
    const Address login_server{"127.0.0.1", cluster_.client_port("login_server_0")};
    for (int i = 1; i <= kTalkers; ++i) {
      talkers_.push_back(std::make_unique<Talker>(loop_, login_server, "talker" + std::to_string(i)));
    }
    turn_until(
        "all are online", [this] { return all([](const Talker& talker) { return talker.online(); }); }, 120s);
  }
  void talk() {
    for (size_t i = 0; i < talkers_.size(); ++i) talkers_[i]->talk_to(*talkers_[(i + 1) % talkers_.size()]);
  }
  void come_to_rest() {
    talk_timer_.cancel();
    turn_until(
        "all is acked", [this] { return all([](const Talker& talker) { return talker.acked() == talker.said(); }); },
        60s);
    turn_until(
        "all is heard",
        [this] {
          for (size_t i = 0; i < talkers_.size(); ++i) {
            if (talkers_[(i + 1) % talkers_.size()]->heard() < talkers_[i]->said()) return false;
          }
          return true;
        },
        60s);
  }
  void leave() {
    for (const auto& talker : talkers_) talker->stop();
    turn_until(
        "all connections are closed", [this] { return loop_.network.size() == 0; }, 20s);
  }

  Cluster cluster_{shape()};
  ClientLoop loop_;
  std::vector<std::unique_ptr<Talker>> talkers_;
  Timer talk_timer_{loop_.events.timers(), [this] { talk(); }};
};

TEST_F(P6, under_load_loses_no_message_and_leaves_no_client_without_a_session) {
  come_online();
  talk_timer_.start_every(kPauseMs);
  Program restart({source_directory() / "tools/restart.sh", "--dir", cluster_.directory(), "--rolling"});
  turn_until(
      "the cluster is restarted", [&] { return has_ended(restart); }, 240s);
  const Outcome outcome = restart.wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  come_to_rest();

  Tick worst = 0;
  for (size_t i = 0; i < talkers_.size(); ++i) {
    const Talker& talker = *talkers_[i];
    EXPECT_THAT(talker.lost(), IsEmpty()) << "talker" << i + 1;
    EXPECT_EQ(talkers_[(i + 1) % talkers_.size()]->heard(), talker.said()) << "talker" << i + 1;
    EXPECT_LT(talker.longest_offline(), kMaxOfflineMs) << testing::PrintToString(talker.gaps());
    EXPECT_GE(talker.info().moves, 1) << testing::PrintToString(talker.gaps());
    worst = std::max(worst, talker.longest_offline());
  }
  RecordProperty("longest_offline_ms", static_cast<int>(worst));
  for (const char* name : {"msg_server_0", "msg_server_1"}) {
    EXPECT_THAT(cluster_.log_of(name), HasSubstr("reason=moved"));
    EXPECT_THAT(cluster_.log_of(name), Not(HasSubstr("reason=drained")));
  }
  leave();
}

}  // namespace
}  // namespace talkbeat::scenario
