#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/scenario/cluster.h"
#include "tests/scenario/machine_watch.h"

namespace talkbeat::scenario {

/// The names of the two users of a Control: give them to ClusterOptions::users.
inline constexpr const char* kControlSender = "control1";
inline constexpr const char* kControlReceiver = "control2";

/// msg_servers with these settings, for alice, bob and a Control.
ClusterOptions with_control(std::vector<std::string> settings = {}, int msg_servers = 1);

/// Two people on one msg_server who notice whether it suffers: one writes to the other, all the time, in a thread of
/// its own, and how long each message takes until it is heard is measured, without what the machine took away from that
/// (MachineWatch).
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
  const MachineWatch& machine() const { return machine_; }

  /// Ends the measuring, with expectations about it. 99 % of the messages were heard within `p99`, or within three
  /// times what half of them took while nobody abused the server, where it is as slow as that (a sanitizer, an old
  /// machine), but never above `p99` by more than its half; without one, the limits are generous: they tell a server
  /// that serves from one that doesn't.
  void expect_unharmed();
  void expect_unharmed(milliseconds p99);

 private:
  void measure();
  milliseconds measure_once(size_t number);
  milliseconds allowed(milliseconds limit) const;
  void end();
  size_t count() const;
  void await_count(size_t count) const;

  WireClient sender_;
  WireClient receiver_;
  MachineWatch machine_;
  mutable std::mutex mutex_;  // guards the two below
  std::vector<milliseconds> samples_;
  std::string fault_;
  size_t quiet_ = 0;  // of the samples, the first ones
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace talkbeat::scenario
