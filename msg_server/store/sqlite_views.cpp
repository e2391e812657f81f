#include "msg_server/store/sqlite_views.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "msg_server/store/sqlite_chain.h"
#include "msg_server/store/sqlite_pairs.h"

namespace talkbeat {
namespace {

// From a row of kFindMembership, kMembershipsOf.
ConversationView read_membership(const Query& row) {
  return ConversationView{
      .ref = {ConversationKind::kGroup, row.number<uint32_t>(1)},
      .conv_id = row.integer(0),
      .joined_after = row.number<uint32_t>(5),
      .last_msg_id = row.number<uint32_t>(2),
      .last_sequence = row.integer(3),
      .updated_at = row.integer(4),
      .own = row.number<uint32_t>(6),
      .mark = {row.number<uint32_t>(7), row.number<uint32_t>(8), row.number<uint32_t>(9)},
      .group_version = row.number<uint32_t>(10),
  };
}

uint32_t read_count(const Query& row) {
  return row.number<uint32_t>(0);
}

StoreResult<std::optional<ConversationView>> find_pair_view(SqliteCore& core, UserId user, UserId peer) {
  auto pair = find_pair(core, user, peer);
  if (!pair.ok()) return pair.error();
  if (pair.value() == nullptr) return std::optional<ConversationView>();
  return std::optional(pair.value()->row.seen_by(user));
}

}  // namespace

StoreResult<std::optional<ConversationView>> find_view(SqliteCore& core, UserId user, ConversationRef ref) {
  if (ref.kind == ConversationKind::kSingle) {
    if (core.in_batch()) return find_pair_view(core, user, ref.peer);
    const auto read = [user](const Query& row) { return read_pair_row(row).seen_by(user); };
    return core.first(Sql::kFindPair, read, std::min(user, ref.peer), std::max(user, ref.peer));
  }
  auto found = core.first(Sql::kFindMembership, read_membership, ref.peer, user);
  if (found.ok() && !found.value()) return StoreError::kNotMember;
  return found;
}

StoreResult<std::vector<ConversationView>> views_of(SqliteCore& core, UserId user) {
  std::vector<ConversationView> all;
  for (const Sql part : {Sql::kPairsOfLow, Sql::kPairsOfHigh, Sql::kMembershipsOf}) {
    const auto read = [user, part](const Query& row) {
      return part == Sql::kMembershipsOf ? read_membership(row) : read_pair_row(row).seen_by(user);
    };
    auto some = core.rows(part, read, user);
    if (!some.ok()) return some.error();
    all.insert(all.end(), some.value().begin(), some.value().end());
  }
  return all;
}

StoreResult<uint32_t> own_until(SqliteCore& core, UserId user, const ConversationView& view, uint32_t msg_id) {
  if (msg_id == view.last_msg_id) return view.own;
  if (view.ref.kind == ConversationKind::kGroup) {
    auto counted = core.first(Sql::kOwnSentAt, read_count, view.conv_id, user, msg_id, view.joined_after);
    if (!counted.ok()) return counted.error();
    return counted.value().value_or(0);
  }
  auto sequence = MessageChain(core, view).find(msg_id);
  if (!sequence.ok()) return sequence.error();
  auto low_sent = core.first(Sql::kLowSentAt, read_count, sequence.value());
  if (!low_sent.ok()) return low_sent.error();
  if (!low_sent.value()) return core.unavailable();
  return user < view.ref.peer ? *low_sent.value() : msg_id - *low_sent.value();
}

StoreResult<Done> set_mark(SqliteCore& core, UserId user, const ConversationView& view, const ReadMark& mark) {
  if (view.ref.kind == ConversationKind::kGroup) {
    return core.change_one(StoreError::kNotMember, Sql::kMarkMember, view.ref.peer, user, mark.read, mark.seen,
                           mark.hidden);
  }
  auto pair = find_pair(core, user, view.ref.peer);
  if (!pair.ok()) return pair.error();
  CHECK(pair.value() != nullptr);
  mark_pair(core, *pair.value(), user, mark);
  return Done{};
}

StoreResult<std::optional<GroupConversation>> find_group_conversation(SqliteCore& core, uint32_t group) {
  const auto read = [](const Query& row) {
    return GroupConversation{
        .conv_id = row.integer(0), .last_msg_id = row.number<uint32_t>(1), .last_sequence = row.integer(2)};
  };
  return core.first(Sql::kFindGroupConversation, read, group);
}

StoreResult<uint32_t> group_version(SqliteCore& core, uint32_t group) {
  auto version = core.first(Sql::kGroupVersion, read_count, group);
  if (!version.ok()) return version.error();
  return version.value().value_or(0);
}

}  // namespace talkbeat
