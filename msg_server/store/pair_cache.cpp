#include "msg_server/store/pair_cache.h"

#include "base/check.h"

namespace talkbeat {
namespace {

uint64_t key_of(UserId low, UserId high) {
  return uint64_t{low} << 32 | high;
}

}  // namespace

ConversationView PairRow::seen_by(UserId user) const {
  const bool is_low = user == low;
  ConversationView view;
  view.ref = {ConversationKind::kSingle, is_low ? high : low};
  view.conv_id = conv_id;
  view.last_msg_id = last_msg_id;
  view.last_sequence = last_sequence;
  view.updated_at = updated_at;
  view.own = is_low ? low_sent : last_msg_id - low_sent;
  view.mark = is_low ? low_mark : high_mark;
  return view;
}

PairCache::Entry* PairCache::find(UserId low, UserId high) {
  const auto found = entries_.find(key_of(low, high));
  return found == entries_.end() ? nullptr : &found->second;
}

PairCache::Entry& PairCache::put(const PairRow& row, bool enabled) {
  const auto [entry, added] = entries_.try_emplace(
      key_of(row.low, row.high), Entry{.row = row, .enabled = enabled, .kept_sequence = row.last_sequence});
  CHECK(added);
  return entry->second;
}

void PairCache::note_change(Entry& entry) {
  if (entry.changed) return;
  entry.changed = true;
  changed_.push_back(&entry);
}

void PairCache::forget_changes() {
  for (Entry* entry : changed_) entry->changed = false;
  changed_.clear();
}

void PairCache::clear() {
  changed_.clear();
  entries_.clear();
}

}  // namespace talkbeat
