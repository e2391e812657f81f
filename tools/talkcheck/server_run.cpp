#include "tools/talkcheck/server_run.h"

#include <algorithm>

namespace talkbeat::check {

namespace {

constexpr int kTries = 2;
constexpr Tick kStumbleMs = 40;  // below what any check allows the other side

}  // namespace

ServerRun::ServerRun(Context& context, std::vector<const Check*> checks, std::function<void()> on_end)
    : context_(context), checks_(std::move(checks)), on_end_(std::move(on_end)) {
  for (const Check* check : checks_) {
    Row row{check->name, check->rule, with_timings(check->expected, context.timings), {}, {}, 0};
    row.measured = why_off(*check, context);
    if (!row.measured.empty()) row.mark = Mark::kOff;
    rows_.push_back(std::move(row));
  }
}

void ServerRun::start() {
  start_all();
  if (running_ == 0) ended();
}

// The longest first: they decide when all is over, and places of sessions may be few.
void ServerRun::start_all() {
  std::vector<size_t> together;
  for (size_t i = 0; i < checks_.size(); ++i) {
    if (rows_[i].mark == Mark::kOff) continue;
    if (checks_[i]->needs & Check::kPid)
      alone_.push_back(i);
    else
      together.push_back(i);
  }
  std::ranges::stable_sort(together, std::greater<>(),
                           [this](size_t i) { return checks_[i]->takes(context_.timings); });
  running_ = together.size();
  for (const size_t index : together) run(index);
}

Detached ServerRun::run(size_t index) {
  Row& row = rows_[index];
  row.mark = Mark::kRunning;
  const Tick begin = context_.now();
  for (int tries = 1; row.mark == Mark::kRunning; ++tries) {
    look_at_lag();
    const Tick tried_at = context_.now();
    try {
      row.measured = co_await checks_[index]->run(context_);
      row.mark = Mark::kPassed;
    } catch (const Failed& failed) {
      row.measured = failed.what();
      look_at_lag();
      if (tries == kTries || stumbled_at_ <= tried_at) row.mark = Mark::kFailed;
    }
  }
  row.took = context_.now() - begin;
  if (--running_ == 0) ended();
}

void ServerRun::look_at_lag() {
  if (context_.scheduler.loop().take_worst_lag() >= kStumbleMs) stumbled_at_ = context_.now();
}

void ServerRun::ended() {
  if (alone_.empty()) {
    on_end_();
    return;
  }
  const size_t next = alone_.front();
  alone_.pop_front();
  ++running_;
  run(next);
}

Tick ServerRun::expected_duration() const {
  Tick longest = 0;
  Tick alone = 0;
  Tick with_session = 0;
  for (size_t i = 0; i < checks_.size(); ++i) {
    if (rows_[i].mark == Mark::kOff) continue;
    const Tick takes = checks_[i]->takes(context_.timings);
    if (checks_[i]->needs & Check::kPid)
      alone += takes;
    else
      longest = std::max(longest, takes);
    if ((checks_[i]->needs & (Check::kUsers | Check::kPid)) == Check::kUsers) with_session += takes;
  }
  const auto places = static_cast<Tick>(std::max<size_t>(1, context_.sessions.capacity()));
  return std::max(longest, with_session / places) + alone;
}

}  // namespace talkbeat::check
