#include "msg_server/drain_schedule.h"

#include <algorithm>

namespace talkbeat {

size_t DrainSchedule::take(Tick now, Tick end, size_t untold) {
  const Tick past = now - last_;
  const Tick left = end - last_;
  last_ = now;
  if (now >= end) return std::min(untold, kMaxStep);
  const double not_due = std::max(0.0, static_cast<double>(untold) - due_);
  due_ += not_due * static_cast<double>(past) / static_cast<double>(left);
  const size_t count = std::min({static_cast<size_t>(due_), untold, kMaxStep});
  due_ -= static_cast<double>(count);
  return count;
}

}  // namespace talkbeat
