#include "tests/sim/sim_process.h"

#include <algorithm>
#include <utility>

namespace talkbeat::sim {

SimProcess::SimProcess(Scheduler& scheduler, SimNetwork& network, Trace& trace, HostId host, uint64_t seed,
                       Tick wall_error, std::function<void(const std::string&)> misuse)
    : scheduler_(scheduler),
      trace_(trace),
      host_(host),
      owner_(scheduler.add_owner()),
      misuse_(std::move(misuse)),
      rng_(seed),
      clock_(scheduler, wall_error),
      transport_(
          network, host, clock_, [this] { wake_at(scheduler_.now()); }, misuse_),
      loop_(clock_, transport_) {
  wake_at(scheduler_.now());
}

SimProcess::~SimProcess() {
  scheduler_.forget(owner_);
}

void SimProcess::pause_until(Tick when) {
  paused_until_ = std::max(paused_until_, when);
  trace_.note("paused", host_, static_cast<uint64_t>(when));
}

void SimProcess::resume() {
  if (!paused()) return;
  paused_until_ = scheduler_.now();
  wake_planned_ = -1;
  wake_at(paused_until_);
}

void SimProcess::wake_at(Tick when) {
  if (turning_ || transport_.dead()) return;  // a turn plans the next one at its end
  if (wake_planned_ >= 0 && wake_planned_ <= when) return;
  wake_planned_ = when;
  scheduler_.at(when, owner_, [this, when] { on_wake(when); });
}

// Of several that were planned, the earliest counts.
void SimProcess::on_wake(Tick planned) {
  if (wake_planned_ != planned) return;
  wake_planned_ = -1;
  if (paused()) {
    wake_at(paused_until_);
  } else {
    turn();
  }
}

void SimProcess::turn() {
  const Tick now = scheduler_.now();
  turns_at_once_ = now == last_turn_ ? turns_at_once_ + 1 : 0;
  last_turn_ = now;
  if (turns_at_once_ == kMaxTurnsAtOnce) misuse_("the loop spins");
  turning_ = true;
  loop_.turn(-1);
  turning_ = false;
  trace_.note("turn", host_);
  const Tick due = loop_.next_due();
  if (transport_.anything_ready()) {
    wake_at(now);
  } else if (due != TimerList::kNever) {
    wake_at(std::max(now, due - SimClock::kStart));
  }
}

}  // namespace talkbeat::sim
