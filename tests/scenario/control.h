#pragma once

#include <atomic>
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
/// its own, and how long each message takes until it is heard is measured. Its limits are generous: they tell a server
/// that serves from one that doesn't, on whatever machine.
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

  /// Ends the measuring, with expectations about it.
  void expect_unharmed();

 private:
  void measure();
  void end();

  WireClient sender_;
  WireClient receiver_;
  std::vector<milliseconds> times_;
  std::string fault_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace talkbeat::scenario
