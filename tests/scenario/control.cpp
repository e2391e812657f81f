#include "tests/scenario/control.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace talkbeat::scenario {
namespace {

using std::chrono::steady_clock;

constexpr milliseconds kMedian = 500ms;
constexpr milliseconds kNearlyAll = 5s;
constexpr milliseconds kPause = 20ms;  // below the rate limit
constexpr size_t kEnough = 40;         // to speak of nearly all
// A message wakes five threads and waits for the disk once, under a sanitizer at that: ten times what it takes to wake
// one thread and to write a few bytes is no sign of anything on a machine that is busy otherwise.
constexpr int kTimesSlower = 10;

milliseconds since(steady_clock::time_point begin) {
  return std::chrono::ceil<milliseconds>(steady_clock::now() - begin);
}

// What 99 % take; of few, all but one.
milliseconds p99(std::vector<milliseconds> times) {
  if (times.size() < 2) return 0ms;
  std::ranges::sort(times);
  return times[times.size() - 1 - std::max<size_t>(1, times.size() / 100)];
}

}  // namespace

ClusterOptions with_control(std::vector<std::string> settings) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.settings = std::move(settings);
  options.users = {"alice", "bob", kControlSender, kControlReceiver};
  return options;
}

Control::Control(const Cluster& cluster, const std::string& server)
    : sender_(cluster.client_port(server)),
      receiver_(cluster.client_port(server)),
      probe_(open((cluster.directory() / "probe").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
  sender_.log_in(kControlSender);
  receiver_.log_in(kControlReceiver);
  // Not measured: whatever the server does for the first time only, it has done before the test begins.
  sender_.tell(receiver_.user_id(), "first");
  receiver_.expect<IM::Message::IMMsgData>();
  thread_ = std::thread([this] { measure(); });
}

Control::~Control() {
  end();
  close(probe_);
}

void Control::end() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void Control::measure() {
  try {
    for (size_t number = 0; !ending_; ++number) {
      const Sample sample = measure_once(number);
      const std::lock_guard lock(mutex_);
      samples_.push_back(sample);
    }
  } catch (const Unexpected& unexpected) {
    const std::lock_guard lock(mutex_);
    fault_ = unexpected.what();
  }
}

Control::Sample Control::measure_once(size_t number) {
  Sample sample;
  const auto begin = steady_clock::now();
  const std::string text = "control " + std::to_string(number);
  sender_.tell(receiver_.user_id(), text);
  const auto heard = receiver_.expect<IM::Message::IMMsgData>();
  if (heard.msg_data() != text) throw Unexpected("'" + heard.msg_data() + "' came instead of '" + text + "'");
  sample.heard = since(begin);
  sample.machine = machine_takes();
  return sample;
}

// Beside the pause.
milliseconds Control::machine_takes() const {
  const auto begin = steady_clock::now();
  const bool written = pwrite(probe_, "control", 7, 0) == 7 && fdatasync(probe_) == 0;
  std::this_thread::sleep_for(kPause);
  return written ? std::max(0ms, since(begin) - kPause) : 0ms;  // a full disk is the test's own doing
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
  const std::lock_guard lock(mutex_);
  milliseconds slowest{0};
  for (size_t i = 0; i < samples_.size(); ++i) {
    slowest = std::max(slowest, samples_[i].machine);
    if (i < quiet_) slowest = std::max(slowest, samples_[i].heard / 2);
  }
  return std::max(limit, kTimesSlower * slowest);
}

void Control::expect_unharmed() {
  await_count(1);
  end();
  EXPECT_EQ(fault_, "");
  std::vector<milliseconds> times;
  for (const Sample& sample : samples_) times.push_back(sample.heard);
  ASSERT_FALSE(times.empty());
  std::ranges::sort(times);
  EXPECT_LE(times[times.size() / 2], kMedian);
  EXPECT_LE(times[times.size() * 99 / 100], kNearlyAll);
}

void Control::expect_unharmed(milliseconds limit) {
  await_count(quiet_ + kEnough);
  end();
  EXPECT_EQ(fault_, "");
  std::vector<milliseconds> times;
  for (size_t i = quiet_; i < samples_.size(); ++i) times.push_back(samples_[i].heard);
  EXPECT_LE(p99(times), allowed(limit)) << "of " << times.size() << " messages";
}

}  // namespace talkbeat::scenario
