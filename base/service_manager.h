#pragma once

#include <string>
#include <string_view>

#include "base/file_handle.h"
#include "base/timer_list.h"

namespace talkbeat {

/// Tells the service manager (systemd, Type=notify) how far this process has come, and, where it wants to know, that
/// the event loop turns: a server that hangs is ended and started again (WatchdogSec=). Where the process was started
/// by something else, nothing is sent. Failing to tell is no reason to fail. Made by main(); the loop's thread only.
///
///   ServiceManager manager(loop.timers());
///   manager.ready("serving");
///   manager.stopping("draining", 30'000);
class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment. What it needs to speak
  /// it has from here on: a server without a free descriptor is no reason to be ended.
  explicit ServiceManager(TimerList& timers);

  /// From now on the process serves, and is watched.
  void ready(std::string_view status);
  /// It leaves, and needs up to `wait_ms` for it, whatever TimeoutStopSec= says.
  void stopping(std::string_view status, Tick wait_ms);

 private:
  void send(const std::string& message) const;

  std::string name_;      // of the manager's socket
  FileHandle socket_;     // ours; none: nobody wants to know
  Tick watchdog_ms_ = 0;  // 0: nobody watches
  Timer watchdog_;
};

}  // namespace talkbeat
