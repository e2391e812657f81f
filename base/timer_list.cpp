#include "base/timer_list.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace talkbeat {

namespace {

constexpr int kBitsPerLevel = 8;

// The level on which `expiry` hangs, seen from `now`: the number of the highest byte in which they differ.
int level_of(Tick now, Tick expiry) {
  const auto difference = static_cast<uint64_t>(now ^ expiry);
  return (static_cast<int>(std::bit_width(difference)) - 1) / kBitsPerLevel;
}

Tick slot_start(Tick now, int level, int slot) {
  const int shift = level * kBitsPerLevel;
  const Tick higher_bytes = now >> (shift + kBitsPerLevel) << (shift + kBitsPerLevel);
  return higher_bytes | (Tick{slot} << shift);
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

void TimerList::insert(Timer& timer) {
  const int level = level_of(now_, timer.expiry_);
  CHECK(level < kLevels);
  const auto slot = static_cast<size_t>(timer.expiry_ >> (level * kBitsPerLevel)) % kSlots;
  levels_[static_cast<size_t>(level)].slots[slot].push_back(timer);
  levels_[static_cast<size_t>(level)].used[slot / 64] |= uint64_t{1} << (slot % 64);
}

// The earliest used slot: level 0's lie before level 1's, and so on. Bits of slots that have become empty are cleared.
TimerList::Place TimerList::next_place() const {
  for (int number = 0; number < kLevels; ++number) {
    Level& level = levels_[static_cast<size_t>(number)];
    for (size_t word = 0; word < level.used.size(); ++word) {
      while (level.used[word] != 0) {
        const auto slot = word * 64 + static_cast<size_t>(std::countr_zero(level.used[word]));
        if (!level.slots[slot].empty()) {
          return {number, static_cast<int>(slot), slot_start(now_, number, static_cast<int>(slot))};
        }
        level.used[word] &= level.used[word] - 1;
      }
    }
  }
  return {0, 0, kNever};
}

Tick TimerList::next_due() const {
  return ready_.empty() ? next_place().time : now_;
}

// Moves a slot's timers to where they belong as seen from its start: onto lower levels, or to those that are due.
void TimerList::open(const Place& place) {
  now_ = place.time;
  List opened;
  opened.splice_back(levels_[static_cast<size_t>(place.level)].slots[static_cast<size_t>(place.slot)]);
  while (!opened.empty()) {
    Timer& timer = opened.front();
    if (timer.expiry_ <= now_) {
      ready_.push_back(timer);
    } else {
      insert(timer);
    }
  }
}

void TimerList::move_to(Tick now) {
  for (Place place = next_place(); place.time <= now; place = next_place()) open(place);
  now_ = std::max(now_, now);
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
