#include "msg_server/store/sqlite_views.h"

#include <algorithm>
#include <iterator>

namespace talkbeat {
namespace {

// From a row of kFindPair, kPairsOfLow, kPairsOfHigh, which has the counters of both sides.
ConversationView read_pair(const Query& row, UserId user) {
  const auto low = row.number<UserId>(1);
  const bool is_low = user == low;
  const int mark = is_low ? 7 : 10;
  ConversationView view;
  view.conv_id = row.integer(0);
  view.ref = {ConversationKind::kSingle, is_low ? row.number<UserId>(2) : low};
  view.last_msg_id = row.number<uint32_t>(3);
  view.last_sequence = row.integer(4);
  view.updated_at = row.integer(5);
  const auto low_sent = row.number<uint32_t>(6);
  view.own = is_low ? low_sent : view.last_msg_id - low_sent;
  view.mark = {row.number<uint32_t>(mark), row.number<uint32_t>(mark + 1), row.number<uint32_t>(mark + 2)};
  return view;
}

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

}  // namespace

StoreResult<std::optional<ConversationView>> find_view(SqliteCore& core, UserId user, ConversationRef ref) {
  if (ref.kind == ConversationKind::kSingle) {
    const auto read = [user](const Query& row) { return read_pair(row, user); };
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
      return part == Sql::kMembershipsOf ? read_membership(row) : read_pair(row, user);
    };
    auto some = core.rows(part, read, user);
    if (!some.ok()) return some.error();
    all.insert(all.end(), some.value().begin(), some.value().end());
  }
  return all;
}

StoreResult<uint32_t> own_until(SqliteCore& core, UserId user, const ConversationView& view, uint32_t msg_id) {
  const bool in_group = view.ref.kind == ConversationKind::kGroup;
  auto counted = in_group ? core.first(Sql::kOwnSentAt, read_count, view.conv_id, user, msg_id, view.joined_after)
                          : core.first(Sql::kLowSentAt, read_count, view.conv_id, msg_id);
  if (!counted.ok()) return counted.error();
  if (in_group) return counted.value().value_or(0);
  if (!counted.value()) return core.unavailable();
  const uint32_t low_sent = *counted.value();
  return user < view.ref.peer ? low_sent : msg_id - low_sent;
}

StoreResult<Done> set_mark(SqliteCore& core, UserId user, const ConversationView& view, const ReadMark& mark) {
  if (view.ref.kind == ConversationKind::kGroup) {
    return core.change_one(StoreError::kNotMember, Sql::kMarkMember, view.ref.peer, user, mark.read, mark.seen,
                           mark.hidden);
  }
  return core.change_one(StoreError::kUnknownConversation, user < view.ref.peer ? Sql::kMarkLow : Sql::kMarkHigh,
                         view.conv_id, mark.read, mark.seen, mark.hidden);
}

StoreResult<std::optional<GroupConversation>> find_group_conversation(SqliteCore& core, uint32_t group) {
  const auto read = [](const Query& row) {
    return GroupConversation{.conv_id = row.integer(0), .last_msg_id = row.number<uint32_t>(1)};
  };
  return core.first(Sql::kFindGroupConversation, read, group);
}

StoreResult<uint32_t> group_version(SqliteCore& core, uint32_t group) {
  auto version = core.first(Sql::kGroupVersion, read_count, group);
  if (!version.ok()) return version.error();
  return version.value().value_or(0);
}

}  // namespace talkbeat
