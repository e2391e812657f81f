#include "msg_server/push/push_queue.h"

#include <algorithm>
#include <utility>

namespace talkbeat {

size_t PushQueue::add(PushNotice push, Tick now) {
  waiting_.push_back({std::move(push), now});
  size_t dropped = 0;
  for (; waiting_.size() > limits_.max_queued; ++dropped) waiting_.pop_front();
  return dropped;
}

Tick PushQueue::due() const {
  if (waiting_.empty()) return TimerList::kNever;
  const Tick gathered = waiting_.front().added + limits_.gather_ms;
  if (waiting_.size() < limits_.max_batch) return gathered;
  return std::min(gathered, waiting_[limits_.max_batch - 1].added);
}

std::vector<PushNotice> PushQueue::take_batch() {
  std::vector<PushNotice> batch;
  while (batch.size() < limits_.max_batch && !waiting_.empty()) {
    batch.push_back(std::move(waiting_.front().push));
    waiting_.pop_front();
  }
  return batch;
}

}  // namespace talkbeat
