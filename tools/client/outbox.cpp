#include "tools/client/outbox.h"

#include <algorithm>

#include "base/check.h"
#include "base/timer_list.h"

namespace talkbeat {

void Outbox::add(OutgoingMessage message) {
  Queue& queue = queues_[message.to];
  queue.messages.push_back(std::move(message));
  ++size_;
}

std::vector<ConversationId> Outbox::due(Tick now) const {
  std::vector<ConversationId> conversations;
  for (const auto& [to, queue] : queues_) {
    if (!queue.in_flight && queue.not_before <= now) conversations.push_back(to);
  }
  // Those that were given first go first.
  std::ranges::sort(conversations, {}, [this](const auto& to) { return queues_.at(to).messages.front().local_id; });
  return conversations;
}

const OutgoingMessage& Outbox::launch(const ConversationId& to, uint16_t seq_num) {
  Queue& queue = queues_.at(to);
  CHECK(!queue.in_flight && !flights_.contains(seq_num));
  queue.in_flight = queue.attempted = true;
  flights_[seq_num] = to;
  return queue.messages.front();
}

Outbox::Queue& Outbox::land(uint16_t seq_num) {
  const auto flight = flights_.find(seq_num);
  Queue& queue = queues_.at(flight->second);
  queue.in_flight = false;
  flights_.erase(flight);
  return queue;
}

std::optional<OutgoingMessage> Outbox::finish(uint16_t seq_num) {
  if (!flights_.contains(seq_num)) return std::nullopt;
  Queue& queue = land(seq_num);
  OutgoingMessage message = std::move(queue.messages.front());
  queue.messages.pop_front();
  queue.attempted = false;
  --size_;
  if (queue.messages.empty()) queues_.erase(message.to);
  return message;
}

bool Outbox::postpone(uint16_t seq_num, Tick when) {
  if (!flights_.contains(seq_num)) return false;
  land(seq_num).not_before = when;
  return true;
}

void Outbox::recall() {
  flights_.clear();
  for (auto& [to, queue] : queues_) queue.in_flight = false;
}

bool Outbox::unsettled(const ConversationId& to) const {
  const auto queue = queues_.find(to);
  return queue != queues_.end() && queue->second.attempted;
}

Tick Outbox::next_due() const {
  Tick due = TimerList::kNever;
  for (const auto& [to, queue] : queues_) {
    if (!queue.in_flight) due = std::min(due, queue.not_before);
  }
  return due;
}

}  // namespace talkbeat
