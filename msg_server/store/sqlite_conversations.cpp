#include <algorithm>

#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_rows.h"

// A user's conversations in SQLite: the list, what is unread, and the marks.
//
// Where a call needs more than one statement, a commit may fall between them. That does no harm: a message never
// changes once it is stored, and a row of `conversations` names only messages that are there.
namespace talkbeat {

PairRow read_pair(const Query& row) {
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

StoreResult<std::optional<PairRow>> SqliteDatabase::find_pair(UserId user, ConversationRef ref) {
  std::optional<PairRow> found;
  if (ref.kind != ConversationKind::kSingle) return found;  // there are no groups yet
  Query query(statement(Sql::kFindPair), std::min(user, ref.peer), std::max(user, ref.peer));
  if (query.next()) found = read_pair(query);
  if (query.failed()) return unavailable();
  return found;
}

template <class Predicate>
StoreResult<std::vector<PairRow>> SqliteDatabase::pairs_of(UserId user, Predicate wanted) {
  std::vector<PairRow> found;
  for (const Sql side : {Sql::kPairsOfLow, Sql::kPairsOfHigh}) {
    Query query(statement(side), user);
    while (query.next()) {
      if (const PairRow pair = read_pair(query); wanted(pair)) found.push_back(pair);
    }
    if (query.failed()) return unavailable();
  }
  std::sort(found.begin(), found.end(), [](const PairRow& a, const PairRow& b) {
    return a.updated_at != b.updated_at ? a.updated_at > b.updated_at : a.last_sequence > b.last_sequence;
  });
  return found;
}

StoreResult<Message> SqliteDatabase::latest_message(const PairRow& pair) {
  Query query(statement(Sql::kMessageBySequence), pair.last_sequence);
  if (!query.next()) return unavailable();
  return read_message(query);
}

namespace {

/// Empties the bodies past kMaxLatestBytes.
class LatestBodies {
 public:
  Message bounded(Message message) {
    if (used_ + message.body.size() > kMaxLatestBytes) {
      message.body = {};
    } else {
      used_ += message.body.size();
    }
    return message;
  }

 private:
  size_t used_ = 0;
};

}  // namespace

StoreResult<std::vector<Conversation>> SqliteDatabase::conversations(UserId user, int64_t since, size_t limit) {
  auto pairs = pairs_of(user, [&](const PairRow& pair) { return pair.updated_at > since && pair.listed(user); });
  if (!pairs.ok()) return pairs.error();
  if (pairs.value().size() > limit) pairs.value().resize(limit);
  std::vector<Conversation> found;
  LatestBodies bodies;
  found.reserve(pairs.value().size());
  for (const PairRow& pair : pairs.value()) {
    auto latest = latest_message(pair);
    if (!latest.ok()) return latest.error();
    found.push_back(
        {{ConversationKind::kSingle, pair.other(user)}, pair.updated_at, bodies.bounded(std::move(latest.value()))});
  }
  return found;
}

StoreResult<std::vector<Unread>> SqliteDatabase::unread(UserId user) {
  auto pairs = pairs_of(user, [&](const PairRow& pair) { return pair.unread(user) > 0; });
  if (!pairs.ok()) return pairs.error();
  std::vector<Unread> found;
  LatestBodies bodies;
  found.reserve(pairs.value().size());
  for (const PairRow& pair : pairs.value()) {
    auto latest = latest_message(pair);
    if (!latest.ok()) return latest.error();
    found.push_back(
        {{ConversationKind::kSingle, pair.other(user)}, pair.unread(user), bodies.bounded(std::move(latest.value()))});
  }
  return found;
}

StoreResult<bool> SqliteDatabase::mark_read(UserId user, ConversationRef ref, uint32_t msg_id) {
  if (!may_write()) return StoreError::kUnavailable;
  if (ref.kind == ConversationKind::kGroup) return StoreError::kNotMember;
  auto pair = find_pair(user, ref);
  if (!pair.ok()) return pair.error();
  if (!pair.value()) return StoreError::kUnknownConversation;
  PairMark mark = pair.value()->mark(user);
  const uint32_t read = std::min(msg_id, pair.value()->last_msg_id);
  if (read <= mark.read) return false;
  Query query(statement(Sql::kLowSentAt), pair.value()->conv_id, read);
  if (!query.next()) return unavailable();
  mark.read = read;
  mark.seen = pair.value()->by_other(user, read, query.number<uint32_t>(0));
  return set_mark(user, *pair.value(), mark);
}

StoreResult<Done> SqliteDatabase::remove_conversation(UserId user, ConversationRef ref) {
  if (!may_write()) return StoreError::kUnavailable;
  if (ref.kind == ConversationKind::kGroup) return StoreError::kNotMember;
  auto found = find_pair(user, ref);
  if (!found.ok()) return found.error();
  if (!found.value()) return StoreError::kUnknownConversation;
  const PairRow& pair = *found.value();
  const uint32_t last = pair.last_msg_id;
  auto marked = set_mark(user, pair, {.read = last, .seen = pair.by_other(user, last, pair.low_sent), .hidden = last});
  if (!marked.ok()) return marked.error();
  return Done{};
}

StoreResult<bool> SqliteDatabase::set_mark(UserId user, const PairRow& pair, const PairMark& mark) {
  const Sql side = user == pair.low ? Sql::kMarkLow : Sql::kMarkHigh;
  Query update(statement(side), pair.conv_id, mark.read, mark.seen, mark.hidden);
  if (!update.run()) return unavailable();
  return true;
}

}  // namespace talkbeat
