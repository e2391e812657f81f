#include "base/timer_list.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace talkbeat {

namespace {

constexpr int kBitsPerLevel = 8;

constexpr Tick kNone = -1;

Tick unit_of(Tick time, int level) {
  return time >> (level * kBitsPerLevel);
}

Tick start_of(Tick unit, int level) {
  return unit << (level * kBitsPerLevel);
}

}  // namespace

Timer::~Timer() {
  CHECK(list_.running_ != this);
  cancel();
}

void Timer::start_once(Tick delay) {
  interval_ = 0;
  expiry_ = list_.now() + std::clamp<Tick>(delay, 1, TimerList::kMaxDelay);
  list_.insert(*this);
}

void Timer::start_every(Tick interval) {
  interval_ = std::clamp<Tick>(interval, 1, TimerList::kMaxDelay);
  expiry_ = list_.now() + interval_;
  list_.insert(*this);
}

void Timer::cancel() {
  unlink();
}

void Timer::fire(Tick now) {
  if (interval_ > 0) {
    const Tick missed = (now - expiry_) / interval_;
    expiry_ += (missed + 1) * interval_;
    list_.insert(*this);
  }
  callback_();
}

TimerList::List& TimerList::slot(int level, Tick unit) {
  return levels_[static_cast<size_t>(level)].slots[static_cast<size_t>(unit % kSlots)];
}

void TimerList::note_used(int level, Tick unit) {
  const auto number = static_cast<size_t>(unit % kSlots);
  Level& there = levels_[static_cast<size_t>(level)];
  there.used[number / 64] |= uint64_t{1} << (number % 64);
  there.used_words |= 1u << (number / 64);
}

void TimerList::insert(Timer& timer) {
  int level = 0;
  while (unit_of(timer.expiry_, level) - unit_of(now_, level) >= kSlots) ++level;
  CHECK(level < kLevels);
  const Tick unit = unit_of(timer.expiry_, level);
  slot(level, unit).push_back(timer);
  note_used(level, unit);
}

// Of timers with the same deadline, those on a higher level were armed before those on a lower one. So what comes down
// goes to the front, and is taken from the back.
void TimerList::move_down(Timer& timer, int from_level) {
  const int level = from_level - 1;
  const Tick unit = unit_of(timer.expiry_, level);
  slot(level, unit).push_front(timer);
  note_used(level, unit);
}

// The first unit from the present one on whose slot holds something. Bits of slots that have become empty are cleared.
Tick TimerList::first_used(int number) const {
  Level& level = levels_[static_cast<size_t>(number)];
  if (level.used_words == 0) return kNone;
  const Tick present = unit_of(now_, number);
  const auto begin = static_cast<size_t>(present % kSlots);
  const uint64_t from_begin = ~uint64_t{0} << (begin % 64);
  const size_t words = level.used.size();
  for (size_t i = 0; i <= words;
       ++i) {  // the word in which it begins comes twice: its upper part, and at the end the rest
    const size_t word = (begin / 64 + i) % words;
    uint64_t bits = level.used[word] & (i == 0 ? from_begin : i == words ? ~from_begin : ~uint64_t{0});
    for (; bits != 0; bits &= bits - 1) {
      const auto found = word * 64 + static_cast<size_t>(std::countr_zero(bits));
      if (!level.slots[found].empty()) return present + static_cast<Tick>((found + kSlots - begin) % kSlots);
      level.used[word] &= ~(bits & -bits);
      if (level.used[word] == 0) level.used_words &= ~(1u << word);
    }
  }
  return kNone;
}

// The earliest used slot. Of several that begin together the highest one: its timers belong before the others'.
TimerList::Place TimerList::next_place() const {
  Place first{0, 0, kNever};
  for (int level = kLevels - 1; level >= 0; --level) {
    const Tick unit = first_used(level);
    if (unit != kNone && start_of(unit, level) < first.time) first = {level, unit, start_of(unit, level)};
  }
  return first;
}

Tick TimerList::next_due() const {
  if (!ready_.empty()) return now_;
  Tick due = kNever;
  for (int level = 0; level < kLevels; ++level) {
    const Tick unit = first_used(level);
    if (unit == kNone) continue;
    const Tick moving = level == 0 ? start_of(unit, 0) : std::max(start_of(unit - 1, level), now_ + kMoveEveryMs);
    due = std::min({due, moving, start_of(unit, level)});
  }
  return due;
}

// What is due becomes ready; what is nearer now goes one level down.
void TimerList::open(const Place& place) {
  now_ = place.time;
  List& opened = slot(place.level, place.unit);
  if (place.level == 0) {
    ready_.splice_back(opened);
  } else {
    while (!opened.empty()) move_down(opened.back(), place.level);
  }
}

void TimerList::move_nearer(Tick passed) {
  const Tick most = kMovesPerMs * std::min(passed, kMoveEveryMs);
  for (int level = 1; level < kLevels; ++level) {
    List& next = slot(level, unit_of(now_, level) + 1);
    for (Tick moved = 0; moved < most && !next.empty(); ++moved) move_down(next.back(), level);
  }
}

void TimerList::move_to(Tick now) {
  const Tick before = now_;
  for (Place place = next_place(); place.time <= now; place = next_place()) open(place);
  now_ = std::max(now_, now);
  move_nearer(now_ - before);
}

void TimerList::run_due() {
  while (!ready_.empty()) {
    Timer& timer = ready_.front();
    timer.unlink();
    running_ = &timer;
    timer.fire(now_);
    running_ = nullptr;
  }
}

}  // namespace talkbeat
