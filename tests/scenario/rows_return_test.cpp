// P7: all clients of a server that is killed come back at once, and not in one moment.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>

#include "base/log.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/machine_watch.h"
#include "tools/client/client.h"
#include "tools/client/client_loop.h"

namespace talkbeat::scenario {
namespace {

constexpr milliseconds kAllBack = 15s;
// Tenths of a time are compared in full; among few clients, chance alone makes one of ten slices twice as full.
const size_t kSlices = in_full<size_t>(5, 10);

/// A client of the client library that notes when it is back, and in `waits` how long it has waited before its first
/// try to be: in the loop's time, from which its timer counts.
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
      waiting_since_ = loop_.events.now();
      tried_ = false;
    } else if (state != ClientState::kWaiting && waiting_since_ && !tried_) {
      waits_.push_back(loop_.events.now() - *waiting_since_);
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
    options.settings = {"client.max_connections_per_address=100000", "password.max_queued=100000",
                        "password.workers=2"};
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
  // All are on msg_server_1: there was no other one.
  void come_online(size_t count) {
    cluster_.signal("msg_server_0", SIGTERM);
    wait_until("msg_server_0 has left",
               [&] { return !cluster_.running("msg_server_0") && registered_servers(cluster_) == 1; });
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
  // Meanwhile the clients live on.
  void start_msg_server_0() {
    auto started = std::async(std::launch::async, [this] { cluster_.start(); });
    while (started.wait_for(0s) != std::future_status::ready) loop_.events.turn(10);
    started.get();
    wait_until("both servers are registered", [&] { return registered_servers(cluster_) == 2; });
  }
  bool all_are_on(const std::string& server) const {
    return std::ranges::all_of(clients_,
                               [port = cluster_.client_port(server)](const auto& each) { return each->is_on(port); });
  }
  bool all_back_since(Tick moment) const {
    return std::ranges::all_of(clients_,
                               [moment](const auto& each) { return each->online() && each->online_since() >= moment; });
  }

  // What a late turn began was due, in this order, in the time of its lateness: the machine makes no rush.
  void turn() {
    const size_t before = waits_.size();
    loop_.events.turn(5);
    const Tick late = loop_.events.take_worst_lag();
    const auto together = static_cast<Tick>(waits_.size() - before);
    for (Tick i = 0; i < together; ++i) {
      Tick& wait = waits_[before + static_cast<size_t>(i)];
      wait = std::max<Tick>(0, wait - late * (together - 1 - i) / together);
    }
  }

  Cluster cluster_{shape()};
  ClientLoop loop_;
  std::vector<Tick> waits_;
  std::vector<std::unique_ptr<Returning>> clients_;
};

// The first pause of a client is short, and so is the moment in which all of them would come if they did not draw it.
constexpr Tick kFirstPauseMs = BackoffPolicy().first_ms;

// Of moments from 0 on, as many as lie in the fullest of the slices that `span` has kSlices of. Moments after it have
// slices of their own.
size_t busiest_slice(const std::vector<Tick>& moments, Tick span) {
  std::map<Tick, size_t> slices;
  for (const Tick moment : moments) ++slices[moment * static_cast<Tick>(kSlices) / span];
  return std::ranges::max_element(slices, {}, &std::pair<const Tick, size_t>::second)->second;
}

/// The most that the machine has taken in any 100 ms: what came just after may have been held up for that long.
class WorstHiccup {
 public:
  explicit WorstHiccup(const MachineWatch& machine) : machine_(machine) {}

  /// To be called every 20 ms.
  void look() {
    lost_.push_back(machine_.lost());
    if (lost_.size() > kRounds) lost_.pop_front();
    worst_ = std::max(worst_, lost_.back() - lost_.front());
  }
  Tick ms() const { return worst_.count(); }

 private:
  static constexpr size_t kRounds = 6;  // five times 20 ms lie between them

  const MachineWatch& machine_;
  std::deque<milliseconds> lost_;
  milliseconds worst_{0};
};

// What is called a rush: that in one slice of a time more than twice as many come as on average. It is judged twice.
//
// When the clients try: over the first pause, of which each draws its share (base/backoff.h). This is what keeps them
// from coming in one moment, and it is theirs alone: servers and their speed have no part in it.
//
// When they are back: over the time from the first return until 95 of 100 are back. Behind the tries comes the speed of
// the servers, which is steady, so that this is even as well. The few whose first try fails draw a pause of up to a
// second, then two and so on, by design: counted to the last of these, the same returns would seem denser than they
// are. They are counted too, in slices of their own.
TEST_F(P7, the_clients_of_a_killed_server_are_back_soon_and_not_all_at_the_same_time) {
  const size_t count = in_full<size_t>(300, 10'000);
  come_online(count);
  start_msg_server_0();
  ASSERT_TRUE(all_are_on("msg_server_1")) << "each of them is to be homeless";
  ASSERT_EQ(clients_.size(), count);
  const double checks = figure(cluster_, "msg_server_0", "talkbeat_password_checks_total");
  const MachineWatch machine(cluster_.directory(), cluster_.pid("msg_server_0"));

  cluster_.kill9("msg_server_1");
  const Tick killed = loop_.clock.now();
  const FairTime time(machine);
  WorstHiccup hiccup(machine);
  waits_.clear();
  loop_.events.take_worst_lag();
  const Deadline deadline(3 * kPatience);
  while (!all_back_since(killed) && !deadline.passed()) {
    hiccup.look();
    const Deadline a_while(20ms);
    while (!a_while.passed()) turn();
  }
  const milliseconds taken = time.taken();
  hiccup.look();
  ASSERT_TRUE(all_back_since(killed));

  std::vector<Tick> back_after;
  for (const auto& client : clients_) back_after.push_back(client->online_since() - killed);
  std::ranges::sort(back_after);
  RecordProperty("all_back_after_ms", static_cast<int>(back_after.back()));
  const Tick first = back_after.front();
  for (Tick& moment : back_after) moment -= first;
  EXPECT_LE(taken, kAllBack);
  EXPECT_GE(waits_.size(), count);
  EXPECT_LE(busiest_slice(waits_, kFirstPauseMs) * kSlices, 2 * waits_.size()) << "tries, in the first pause";

  const size_t nearly_all = count * 95 / 100;
  const Tick span = std::max<Tick>(1, back_after[nearly_all - 1]);
  // A slice that follows a hiccup has what was held up in it, as if it were longer by that.
  const auto slices = static_cast<Tick>(kSlices);
  const auto twice_the_mean = 2 * static_cast<Tick>(nearly_all) * (span + slices * hiccup.ms()) / (slices * span);
  const size_t busiest = busiest_slice(back_after, span);
  RecordProperty("busiest_slice", static_cast<int>(busiest));
  RecordProperty("longest_hiccup_ms", static_cast<int>(hiccup.ms()));
  EXPECT_LE(static_cast<Tick>(busiest), twice_the_mean) << "returns, in " << span << " ms";
  EXPECT_EQ(figure(cluster_, "msg_server_0", "talkbeat_password_checks_total"), checks) << "they have tokens";
  EXPECT_TRUE(all_online());
}

}  // namespace
}  // namespace talkbeat::scenario
