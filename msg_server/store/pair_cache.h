#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "msg_server/store/conversation_view.h"

namespace talkbeat {

/// A conversation of two as it is stored: a row of `conversations`.
struct PairRow {
  int64_t conv_id = 0;
  UserId low = 0;
  UserId high = 0;
  uint32_t last_msg_id = 0;
  int64_t last_sequence = 0;
  int64_t updated_at = 0;
  uint32_t low_sent = 0;
  ReadMark low_mark;
  ReadMark high_mark;

  ConversationView seen_by(UserId user) const;
  ReadMark& mark_of(UserId user) { return user == low ? low_mark : high_mark; }
};

/// Conversations of two that a writer has met, so that a message needs no look at their rows, and several messages of
/// one conversation in one batch change its row once. Pure memory: SqliteCore sees to it that what is here is what the
/// file says, and writes what was changed.
///
///   if (PairCache::Entry* pair = cache.find(low, high)) {
///     ++pair->row.last_msg_id;
///     cache.note_change(*pair);
///   }
///
/// Belongs to SqliteCore. Rows stay where they are until clear().
class PairCache {
 public:
  /// Past it, the writer clears the cache. A row takes some 150 bytes.
  static constexpr size_t kMaxRows = 1 << 16;

  struct Entry {
    PairRow row;
    bool enabled = false;  ///< both users are known not to be disabled
    bool changed = false;
    int64_t kept_sequence = 0;  ///< row.last_sequence as the file has it
  };

  /// Null: not met yet, which says nothing of the file.
  Entry* find(UserId low, UserId high);
  /// That pair is not there yet.
  Entry& put(const PairRow& row, bool enabled);
  void note_change(Entry& entry);

  bool full() const { return entries_.size() >= kMaxRows; }
  /// In the order of their first change.
  const std::vector<Entry*>& changed() const { return changed_; }
  /// They have been written.
  void forget_changes();
  void clear();

 private:
  std::unordered_map<uint64_t, Entry> entries_;
  std::vector<Entry*> changed_;
};

}  // namespace talkbeat
