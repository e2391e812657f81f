// P7: all clients of a server that is killed come back at once, and not in one moment.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/log.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tools/client/client.h"
#include "tools/client/client_loop.h"

namespace talkbeat::scenario {
namespace {

constexpr Tick kAllBackMs = 15'000;

/// A client of the client library that notes when it is back, and in `waits` how long it has waited before its first
/// try to be.
class Returning final : public ClientListener {
 public:
  Returning(ClientLoop& loop, const Address& login_server, const std::string& name, std::vector<Tick>& waits)
      : loop_(loop),
        waits_(waits),
        client_(loop.network, {.login_servers = {login_server}, .user = name, .password = std::string(kPassword)},
                *this) {}

  void start() { client_.start(); }
  void stop() { client_.stop(); }
  void on_state(ClientState state, const std::string& /*why*/) override {
    online_ = state == ClientState::kOnline;
    if (online_) online_since_ = loop_.clock.now();
    if (online_) waiting_since_.reset();
    if (state == ClientState::kWaiting && !waiting_since_) {
      waiting_since_ = loop_.clock.now();
      tried_ = false;
    } else if (state != ClientState::kWaiting && waiting_since_ && !tried_) {
      waits_.push_back(loop_.clock.now() - *waiting_since_);
      tried_ = true;
    }
  }
  bool online() const { return online_; }
  Tick online_since() const { return online_since_; }
  bool is_on(uint16_t port) const { return client_.info().server.port == port; }

 private:
  ClientLoop& loop_;
  std::vector<Tick>& waits_;
  Client client_;
  bool online_ = false;
  Tick online_since_ = 0;
  std::optional<Tick> waiting_since_;
  bool tried_ = false;
};

class P7 : public testing::Test {
 protected:
  P7() {
    LogConfig quiet;
    quiet.level = LogLevel::kError;
    EXPECT_TRUE(configure_logging(quiet).ok());
  }
  ~P7() override {
    for (const auto& client : clients_) client->stop();
    const Deadline deadline(kPatience);
    while (loop_.network.size() > 0 && !deadline.passed()) loop_.events.turn(20);
    EXPECT_TRUE(configure_logging({}).ok());
  }

  static ClusterOptions shape() {
    ClusterOptions options;
    options.users.clear();
    options.settings = {"client.max_connections_per_address=100000", "password.max_queued=100000"};
    return options;
  }
  bool all_online() const {
    return std::ranges::all_of(clients_, [](const auto& client) { return client->online(); });
  }
  void turn_until_all_online(milliseconds timeout) {
    const Deadline deadline(timeout);
    while (!all_online()) {
      if (deadline.passed()) throw Unexpected("not all clients are online in time");
      const Deadline a_while(100ms);
      while (!a_while.passed()) loop_.events.turn(10);
    }
  }
  void come_online(size_t count) {
    const Outcome added = cluster_.talkctl(
        {"user", "add-many", "--prefix", "p", "--count", std::to_string(count), "--password", std::string(kPassword)});
    if (added.exit_code != 0) throw Unexpected(added.err);
    const Address login_server{"127.0.0.1", cluster_.client_port("login_server_0")};
    for (size_t i = 1; i <= count; ++i) {
      clients_.push_back(std::make_unique<Returning>(loop_, login_server, "p" + std::to_string(i), waits_));
      clients_.back()->start();
      if (i % 50 == 0) turn_until_all_online(60s);  // each costs a password check now, and none later
    }
    turn_until_all_online(60s);
  }

  // What a late turn began in one moment was due at any time of its lateness: the machine makes no rush.
  void turn() {
    const size_t before = waits_.size();
    loop_.events.turn(5);
    const Tick late = loop_.events.take_worst_lag();
    const auto together = static_cast<Tick>(waits_.size() - before);
    for (Tick i = 0; i < together; ++i) {
      Tick& wait = waits_[before + static_cast<size_t>(i)];
      wait = std::max<Tick>(0, wait - late * i / together);
    }
  }

  Cluster cluster_{shape()};
  ClientLoop loop_;
  std::vector<Tick> waits_;
  std::vector<std::unique_ptr<Returning>> clients_;
};

// Of the clients that came back, in the busiest second of those in which nearly all of them did, and on average.
struct Rush {
  double busiest = 0;
  double mean = 0;
};

Rush rush_of(const std::vector<Tick>& back_after) {
  const size_t nearly_all = back_after.size() * 95 / 100;
  std::vector<double> seconds(static_cast<size_t>(back_after[nearly_all - 1] / 1000 + 1));
  for (size_t i = 0; i < nearly_all; ++i) ++seconds[static_cast<size_t>(back_after[i] / 1000)];
  return {*std::ranges::max_element(seconds), static_cast<double>(nearly_all) / static_cast<double>(seconds.size())};
}

// The first pause of a client is short, and so is the moment in which all of them would come if they did not draw it.
constexpr Tick kFirstPauseMs = BackoffPolicy().first_ms;
constexpr size_t kSlices = 5;

size_t busiest_slice(const std::vector<Tick>& waits) {
  std::array<size_t, kSlices> slices{};
  for (const Tick wait : waits) ++slices[std::min(kSlices - 1, static_cast<size_t>(wait) * kSlices / kFirstPauseMs)];
  return *std::ranges::max_element(slices);
}

TEST_F(P7, the_clients_of_a_killed_server_are_back_soon_and_not_all_in_the_same_second) {
  const size_t count = in_full<size_t>(300, 10'000);
  come_online(count);
  const uint16_t dead = cluster_.client_port("msg_server_1");
  std::vector<const Returning*> homeless;
  for (const auto& client : clients_) {
    if (client->is_on(dead)) homeless.push_back(client.get());
  }
  ASSERT_GE(homeless.size(), count / 3) << "login_server deals clients out";
  const double checks = figure(cluster_, "msg_server_0", "talkbeat_password_checks_total");

  waits_.clear();
  cluster_.kill9("msg_server_1");
  const Tick killed = loop_.clock.now();
  const auto all_back = [&] {
    return std::ranges::all_of(
        homeless, [&](const Returning* client) { return client->online() && client->online_since() >= killed; });
  };
  const Deadline deadline(60s);
  while (!all_back() && !deadline.passed()) {
    const Deadline a_while(20ms);
    while (!a_while.passed()) turn();
  }
  ASSERT_TRUE(all_back());

  std::vector<Tick> back_after;
  for (const Returning* client : homeless) back_after.push_back(client->online_since() - killed);
  std::ranges::sort(back_after);
  RecordProperty("all_back_after_ms", static_cast<int>(back_after.back()));
  EXPECT_LE(back_after.back(), kAllBackMs);
  EXPECT_GE(waits_.size(), homeless.size());
  EXPECT_LE(busiest_slice(waits_) * kSlices, 2 * waits_.size()) << "a fifth of the first pause";
  const Rush rush = rush_of(back_after);
  EXPECT_LE(rush.busiest, 2 * rush.mean);
  EXPECT_EQ(figure(cluster_, "msg_server_0", "talkbeat_password_checks_total"), checks) << "they have tokens";
  EXPECT_TRUE(all_online());
}

}  // namespace
}  // namespace talkbeat::scenario
