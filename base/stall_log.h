#pragma once

#include "base/event_loop.h"
#include "base/log.h"

namespace talkbeat {

/// Says in the log that this process was stopped, starved or busy: what others saw as silence was our own. Owned by
/// main().
///
///   StallLog stall_log(loop);
class StallLog final : private TurnHandler {
 public:
  explicit StallLog(EventLoop& loop) { loop.add_turn_handler(*this); }

 private:
  void on_turn_end() override {}
  void on_stall(Tick stalled) override { log_warn("stalled", {{"ms", stalled}}); }
};

}  // namespace talkbeat
