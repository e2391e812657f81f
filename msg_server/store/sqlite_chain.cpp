#include "msg_server/store/sqlite_chain.h"

#include <utility>

#include "base/check.h"

namespace talkbeat {
namespace {

int64_t read_sequence(const Query& row) {
  return row.integer(0);
}

/// The milestone at `msg_id`, or the next one after it.
uint64_t milestone_after(uint32_t msg_id) {
  return (uint64_t{msg_id} + kMilestone - 1) / kMilestone * kMilestone;
}

}  // namespace

StoreResult<int64_t> MessageChain::find(uint32_t msg_id) {
  CHECK(msg_id > 0 && msg_id <= view_.last_msg_id);
  const bool near = msg_id <= at_msg_id_ && at_msg_id_ - msg_id < kMilestone;
  if (!near) {
    auto jumped = jump(msg_id);
    if (!jumped.ok()) return jumped.error();
  }
  while (at_msg_id_ > msg_id) {
    auto stepped = step();
    if (!stepped.ok()) return stepped.error();
  }
  return at_sequence_;
}

StoreResult<Done> MessageChain::jump(uint32_t msg_id) {
  const uint64_t milestone = milestone_after(msg_id);
  if (milestone > view_.last_msg_id) {
    at_msg_id_ = view_.last_msg_id;
    at_sequence_ = view_.last_sequence;
    return Done{};
  }
  return move_to(static_cast<uint32_t>(milestone),
                 core_.first(Sql::kFindMilestone, read_sequence, view_.conv_id, milestone));
}

StoreResult<Done> MessageChain::step() {
  return move_to(at_msg_id_ - 1, core_.first(Sql::kPrevious, read_sequence, at_sequence_));
}

StoreResult<Done> MessageChain::move_to(uint32_t msg_id, StoreResult<std::optional<int64_t>> sequence) {
  if (!sequence.ok()) return sequence.error();
  if (!sequence.value()) return core_.unavailable();  // the file is damaged
  at_msg_id_ = msg_id;
  at_sequence_ = *sequence.value();
  return Done{};
}

}  // namespace talkbeat
