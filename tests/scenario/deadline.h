#pragma once

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace talkbeat::scenario {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// Sanitizers and a busy machine make everything slow; nothing here is about speed, so every wait is long.
inline constexpr milliseconds kPatience = 20s;

/// What a scenario expected and did not get. gtest reports it as the test's failure.
struct Unexpected : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A point in time until which something may take.
class Deadline {
 public:
  explicit Deadline(milliseconds from_now) : at_(std::chrono::steady_clock::now() + from_now) {}

  bool passed() const { return left() == 0ms; }
  milliseconds left() const {
    const auto left = std::chrono::ceil<milliseconds>(at_ - std::chrono::steady_clock::now());
    return std::max<milliseconds>(left, 0ms);
  }
  /// For poll().
  int left_for_poll() const { return static_cast<int>(left().count()); }

 private:
  std::chrono::steady_clock::time_point at_;
};

/// Asks until the answer is true; throws, naming `what`, when it has not become so in time.
///
///   wait_until("msg_server_1 is registered", [&] { return cluster.serves("msg_server_1"); });
template <class Condition>
void wait_until(const std::string& what, Condition condition, milliseconds timeout = kPatience) {
  const Deadline deadline(timeout);
  while (!condition()) {
    if (deadline.passed()) throw Unexpected("not within " + std::to_string(timeout.count()) + " ms: " + what);
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace talkbeat::scenario
