#include "msg_server/push/push_deliveries.h"

#include <algorithm>

#include "base/check.h"

namespace talkbeat {

void PushDeliveries::open(PushDelivery delivery, Tick now) {
  open_.emplace(next_number_++,
                Entry{.delivery = std::move(delivery), .backoff = Backoff(limits_.backoff), .due = now});
}

std::optional<PushDeliveries::Started> PushDeliveries::start_next(Tick now) {
  for (auto& [number, entry] : open_) {
    if (entry.on_the_way || entry.due > now) continue;
    entry.on_the_way = true;
    ++entry.tries;
    return Started{number, &entry.delivery};
  }
  return std::nullopt;
}

std::optional<PushDeliveries::Ended> PushDeliveries::finish(uint64_t number, const PushOutcome& outcome, Tick now,
                                                            Rng& rng) {
  const auto found = open_.find(number);
  CHECK(found != open_.end() && found->second.on_the_way);
  Entry& entry = found->second;
  if (outcome.kind == PushOutcome::Kind::kSent) {
    wait_no_more(now);
    return end(number, End::kSent);
  }
  if (outcome.kind == PushOutcome::Kind::kRefused) return end(number, End::kRefused);
  if (entry.tries >= limits_.max_tries) return end(number, End::kGaveUp);
  entry.on_the_way = false;
  entry.told_to_wait = outcome.wait_ms.has_value();
  const Tick jittered = entry.backoff.next_delay(rng);
  entry.due = now + std::max(jittered, std::min(outcome.wait_ms.value_or(0), limits_.backoff.max_ms));
  return std::nullopt;
}

PushDeliveries::Ended PushDeliveries::end(uint64_t number, End how) {
  const auto found = open_.find(number);
  Ended ended{how, std::move(found->second.delivery)};
  open_.erase(found);
  return ended;
}

// Whoever was told how long to wait goes on waiting.
void PushDeliveries::wait_no_more(Tick now) {
  for (auto& [number, entry] : open_) {
    if (!entry.told_to_wait) entry.due = std::min(entry.due, now);
  }
}

Tick PushDeliveries::due() const {
  Tick due = TimerList::kNever;
  for (const auto& [number, entry] : open_) {
    if (!entry.on_the_way) due = std::min(due, entry.due);
  }
  return due;
}

size_t PushDeliveries::on_the_way() const {
  return static_cast<size_t>(
      std::count_if(open_.begin(), open_.end(), [](const auto& each) { return each.second.on_the_way; }));
}

}  // namespace talkbeat
