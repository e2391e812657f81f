#include "msg_server/store/sqlite_pairs.h"

#include <algorithm>
#include <array>

#include "msg_server/store/sqlite_users.h"

namespace talkbeat {

PairRow read_pair_row(const Query& row) {
  PairRow pair;
  pair.conv_id = row.integer(0);
  pair.low = row.number<UserId>(1);
  pair.high = row.number<UserId>(2);
  pair.last_msg_id = row.number<uint32_t>(3);
  pair.last_sequence = row.integer(4);
  pair.updated_at = row.integer(5);
  pair.low_sent = row.number<uint32_t>(6);
  pair.low_mark = {row.number<uint32_t>(7), row.number<uint32_t>(8), row.number<uint32_t>(9)};
  pair.high_mark = {row.number<uint32_t>(10), row.number<uint32_t>(11), row.number<uint32_t>(12)};
  return pair;
}

FoundPair find_pair(SqliteCore& core, UserId one, UserId other) {
  const auto [low, high] = std::minmax(one, other);
  if (PairCache::Entry* known = core.pairs().find(low, high)) return known;
  auto found = core.first(Sql::kFindPair, read_pair_row, low, high);
  if (!found.ok()) return found.error();
  if (!found.value()) return nullptr;
  return &core.remember_pair(*found.value(), false);
}

FoundPair find_pair_of_enabled(SqliteCore& core, UserId one, UserId other) {
  const auto [low, high] = std::minmax(one, other);
  if (PairCache::Entry* known = core.pairs().find(low, high)) {
    if (known->enabled) return known;
    auto users = all_enabled(core, std::array{low, high});
    if (!users.ok()) return users.error();
    known->enabled = true;
    return known;
  }
  auto found = core.first(Sql::kFindPairOfEnabled, read_pair_row, low, high);
  if (!found.ok()) return found.error();
  if (!found.value()) return StoreError::kUnknownUser;
  const bool have_talked = found.value()->conv_id != 0;  // NULL, where there is none, reads as 0
  if (!have_talked) return nullptr;
  return &core.remember_pair(*found.value(), true);
}

FoundPair add_pair(SqliteCore& core, UserId one, UserId other, bool enabled) {
  const auto [low, high] = std::minmax(one, other);
  auto added = core.change(Sql::kAddConversation, static_cast<int>(ConversationKind::kSingle), low, high);
  if (!added.ok()) return added.error();
  PairRow row;
  row.conv_id = core.last_id();
  row.low = low;
  row.high = high;
  return &core.remember_pair(row, enabled);
}

void mark_pair(SqliteCore& core, PairCache::Entry& pair, UserId user, const ReadMark& mark) {
  pair.row.mark_of(user) = mark;
  core.pairs().note_change(pair);
}

}  // namespace talkbeat
