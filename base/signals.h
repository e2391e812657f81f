#pragma once

#include <csignal>
#include <functional>
#include <initializer_list>

#include "base/event_loop.h"

namespace talkbeat {

/// Turns signals into calls on the loop's thread (signalfd). Make it before any other thread starts: they inherit the
/// blocked signals. SIGPIPE is ignored for the whole process.
///
///   Signals signals(loop, {SIGTERM, SIGHUP}, [&](int number) { if (number == SIGTERM) loop.stop(); });
class Signals final : private ReadyHandler {
 public:
  Signals(EventLoop& loop, std::initializer_list<int> numbers, std::function<void(int number)> on_signal);
  ~Signals();

 private:
  void on_ready(bool readable, bool writable) override;

  EventLoop& loop_;
  std::function<void(int)> on_signal_;
  sigset_t set_;
  int fd_;
  WatchId watch_;
};

}  // namespace talkbeat
