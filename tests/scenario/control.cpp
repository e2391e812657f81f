#include "tests/scenario/control.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace talkbeat::scenario {
namespace {

constexpr milliseconds kMedian = 500ms;
constexpr milliseconds kNearlyAll = 5s;
constexpr milliseconds kBeatEvery = 15s;
constexpr milliseconds kPause = 20ms;  // below the rate limit
constexpr size_t kEnough = 40;         // to speak of nearly all
constexpr int kTimesSlower = 3;

// What 99 % take; of few, all but one.
milliseconds p99(std::vector<milliseconds> times) {
  if (times.size() < 2) return 0ms;
  std::ranges::sort(times);
  return times[times.size() - 1 - std::max<size_t>(1, times.size() / 100)];
}

}  // namespace

ClusterOptions with_control(std::vector<std::string> settings, int msg_servers) {
  ClusterOptions options;
  options.msg_servers = msg_servers;
  options.settings = std::move(settings);
  options.users = {"alice", "bob", kControlSender, kControlReceiver};
  return options;
}

Control::Control(const Cluster& cluster, const std::string& server)
    : sender_(cluster.client_port(server)),
      receiver_(cluster.client_port(server)),
      machine_(cluster.directory(), cluster.pid(server)) {
  sender_.log_in(kControlSender);
  receiver_.log_in(kControlReceiver);
  // Not measured: whatever the server does for the first time only, it has done before the test begins.
  sender_.tell(receiver_.user_id(), "first");
  receiver_.expect<IM::Message::IMMsgData>();
  thread_ = std::thread([this] { measure(); });
}

Control::~Control() {
  end();
}

void Control::end() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void Control::measure() {
  try {
    Deadline next_beat(kBeatEvery);
    for (size_t number = 0; !ending_; ++number) {
      if (next_beat.passed()) {  // the receiver says nothing otherwise
        receiver_.ask<IM::Other::IMHeartBeat>(IM::Other::IMHeartBeat());
        next_beat = Deadline(kBeatEvery);
      }
      const milliseconds taken = measure_once(number);
      {
        const std::lock_guard lock(mutex_);
        samples_.push_back(taken);
      }
      std::this_thread::sleep_for(kPause);
    }
  } catch (const Unexpected& unexpected) {
    const std::lock_guard lock(mutex_);
    fault_ = unexpected.what();
  }
}

milliseconds Control::measure_once(size_t number) {
  const FairTime time(machine_);
  const std::string text = "control " + std::to_string(number);
  sender_.tell(receiver_.user_id(), text);
  const auto heard = receiver_.expect<IM::Message::IMMsgData>();
  if (heard.msg_data() != text) throw Unexpected("'" + heard.msg_data() + "' came instead of '" + text + "'");
  return time.taken();
}

size_t Control::count() const {
  const std::lock_guard lock(mutex_);
  return fault_.empty() ? samples_.size() : SIZE_MAX;
}

void Control::await_count(size_t count) const {
  wait_until(
      "the control client has measured enough", [&] { return this->count() >= count; }, 3 * kPatience);
}

void Control::settle() {
  await_count(kEnough);
  const std::lock_guard lock(mutex_);
  quiet_ = samples_.size();
}

milliseconds Control::allowed(milliseconds limit) const {
  std::vector<milliseconds> quiet(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(quiet_));
  std::ranges::sort(quiet);
  const milliseconds median = quiet.empty() ? 0ms : quiet[quiet.size() / 2];
  return std::clamp(kTimesSlower * median, limit, limit * 3 / 2);
}

void Control::expect_unharmed() {
  await_count(1);
  end();
  EXPECT_EQ(fault_, "");
  ASSERT_FALSE(samples_.empty());
  std::ranges::sort(samples_);
  EXPECT_LE(samples_[samples_.size() / 2], kMedian);
  EXPECT_LE(samples_[samples_.size() * 99 / 100], kNearlyAll);
}

void Control::expect_unharmed(milliseconds limit) {
  await_count(quiet_ + kEnough);
  end();
  EXPECT_EQ(fault_, "");
  const std::vector<milliseconds> times(samples_.begin() + static_cast<std::ptrdiff_t>(quiet_), samples_.end());
  EXPECT_LE(p99(times), allowed(limit)) << "of " << times.size() << " messages";
}

}  // namespace talkbeat::scenario
