#include "base/flight_recorder.h"

#include <algorithm>

#include "base/check.h"

namespace talkbeat {

namespace {

bool is_heartbeat(LivenessEvent event) {
  return event == LivenessEvent::kHeartbeatIn || event == LivenessEvent::kHeartbeatOut;
}

}  // namespace

const char* to_string(LivenessEvent event) {
  switch (event) {
    case LivenessEvent::kHandshakeDone:
      return "handshake_done";
    case LivenessEvent::kHeartbeatIn:
      return "heartbeat_in";
    case LivenessEvent::kHeartbeatOut:
      return "heartbeat_out";
    case LivenessEvent::kProbe:
      return "probe";
    case LivenessEvent::kProbeAnswered:
      return "probe_answered";
    case LivenessEvent::kStrike:
      return "strike";
    case LivenessEvent::kSpared:
      return "spared";
    case LivenessEvent::kToldToLeave:
      return "told_to_leave";
    case LivenessEvent::kStall:
      return "stall";
  }
  CHECK(false);
}

std::span<const LivenessRecord> FlightRecorder::records() const {
  if (all_ != nullptr) return *all_;
  const auto used = std::ranges::find(first_, 0, &LivenessRecord::count);
  return {first_.begin(), used};
}

std::span<LivenessRecord> FlightRecorder::kept() {
  if (all_ != nullptr) return *all_;
  return std::span(first_).first(records().size());
}

// On a link between servers heartbeats go both ways in turn: the run may be the last record but one.
LivenessRecord* FlightRecorder::run_of(LivenessEvent event) {
  if (!is_heartbeat(event)) return nullptr;
  const std::span<LivenessRecord> records = kept();
  for (auto record = records.rbegin(); record != records.rend() && is_heartbeat(record->event); ++record) {
    if (record->event == event) return &*record;
  }
  return nullptr;
}

void FlightRecorder::note(LivenessEvent event, Tick at, Tick value) {
  const auto bounded = static_cast<uint32_t>(std::clamp<Tick>(value, 0, UINT32_MAX));
  if (LivenessRecord* run = run_of(event)) {
    run->at = at;
    run->value = std::max(run->value, bounded);
    if (run->count < UINT16_MAX) ++run->count;
    return;
  }
  const LivenessRecord record{.at = at, .value = bounded, .count = 1, .event = event};
  const size_t size = records().size();
  if (all_ == nullptr && size < first_.size()) {
    first_[size] = record;
    return;
  }
  if (all_ == nullptr) all_ = std::make_unique<std::vector<LivenessRecord>>(first_.begin(), first_.end());
  if (size == kCapacity) all_->erase(all_->begin());
  all_->push_back(record);
}

}  // namespace talkbeat
