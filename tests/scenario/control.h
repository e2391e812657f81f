#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

/// The names of the two users of a Control: give them to ClusterOptions::users.
inline constexpr const char* kControlSender = "control1";
inline constexpr const char* kControlReceiver = "control2";

/// One msg_server with these settings, for alice, bob and a Control.
ClusterOptions with_control(std::vector<std::string> settings = {});

/// Two people on one msg_server who notice whether it suffers: one writes to the other, all the time, in a thread of
/// its own, and how long each message takes until it is heard is measured. So is, each time, what the machine itself
/// takes at that moment for the same without any server: to wake a thread, and to bring a few bytes to the disk. So a
/// server that does not serve is told from a machine that is slow.
///
///   Control control(cluster, "msg_server_0");
///   … abuse …
///   control.expect_unharmed();
class Control {
 public:
  Control(const Cluster& cluster, const std::string& server);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  /// Waits until enough is measured to say how quick the server is while nobody abuses it.
  void settle();
  /// `limit`, or some times as much as the server took while it was quiet, or as the machine has taken since.
  milliseconds allowed(milliseconds limit) const;

  /// Ends the measuring, with expectations about it. 99 % of the messages were heard within `allowed(p99)`; without
  /// one, the limits are generous: they tell a server that serves from one that doesn't.
  void expect_unharmed();
  void expect_unharmed(milliseconds p99);

 private:
  struct Sample {
    milliseconds heard{0};
    milliseconds machine{0};
  };

  void measure();
  Sample measure_once(size_t number);
  milliseconds machine_takes() const;
  void end();
  size_t count() const;
  void await_count(size_t count) const;

  WireClient sender_;
  WireClient receiver_;
  int probe_ = -1;
  mutable std::mutex mutex_;  // guards the two below
  std::vector<Sample> samples_;
  std::string fault_;
  size_t quiet_ = 0;  // of the samples, the first ones
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace talkbeat::scenario
