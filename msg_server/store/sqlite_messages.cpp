#include <sqlite3.h>

#include <algorithm>
#include <limits>

#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_rows.h"

// Storing and reading messages in SQLite.
namespace talkbeat {
namespace {

SequencedMessage read_sequenced(const Query& row) {
  SequencedMessage found;
  found.message = read_message(row);
  found.sequence = row.number<uint64_t>(5);
  if (!row.is_null(6)) found.client_key = row.number<uint64_t>(6);
  found.kind = row.number<ConversationKind>(7);
  const auto low = row.number<uint32_t>(8);
  const auto high = row.number<uint32_t>(9);
  const bool to_high = found.kind == ConversationKind::kSingle && found.message.from == low;
  found.to = to_high ? high : low;
  return found;
}

}  // namespace

StoreResult<Appended> SqliteDatabase::append(const NewMessage& message) {
  if (!may_write()) return StoreError::kUnavailable;
  auto before = find_by_client_key(message);
  if (!before.ok()) return before.error();
  if (before.value()) return *before.value();
  if (message.to.kind == ConversationKind::kGroup) return StoreError::kNotMember;
  if (message.from == message.to.peer) return StoreError::kUnknownUser;  // nobody talks to himself
  for (const UserId user : {message.from, message.to.peer}) {
    auto enabled = user_enabled(user);
    if (!enabled.ok()) return enabled.error();
    if (!enabled.value()) return StoreError::kUnknownUser;
  }
  auto pair = find_or_add_pair(message.from, message.to.peer);
  if (!pair.ok()) return pair.error();
  return append_to(pair.value(), message);
}

StoreResult<std::optional<Appended>> SqliteDatabase::find_by_client_key(const NewMessage& message) {
  std::optional<Appended> found;
  if (!message.client_key) return found;
  Query query(statement(Sql::kFindByClientKey), message.from, *message.client_key);
  if (query.next()) {
    found = Appended{.msg_id = query.number<uint32_t>(0),
                     .created_at = query.integer(1),
                     .sequence = query.number<uint64_t>(2),
                     .duplicate = true};
  }
  if (query.failed()) return unavailable();
  return found;
}

StoreResult<PairRow> SqliteDatabase::find_or_add_pair(UserId from, UserId to) {
  auto found = find_pair(from, {ConversationKind::kSingle, to});
  if (!found.ok()) return found.error();
  if (found.value()) return *found.value();
  PairRow pair;
  pair.low = std::min(from, to);
  pair.high = std::max(from, to);
  Query insert(statement(Sql::kAddPair), pair.low, pair.high);
  if (!insert.run()) return unavailable();
  pair.conv_id = sqlite3_last_insert_rowid(connection_.handle());
  return pair;
}

StoreResult<Appended> SqliteDatabase::append_to(const PairRow& pair, const NewMessage& message) {
  const uint32_t msg_id = pair.last_msg_id + 1;
  const uint32_t low_sent = pair.low_sent + (message.from == pair.low ? 1 : 0);
  Query insert(statement(Sql::kAddMessage), pair.conv_id, msg_id, message.from, message.created_at, int{message.type},
               message.client_key, low_sent, Blob{message.body});
  if (!insert.run()) return unavailable();
  const int64_t sequence = sqlite3_last_insert_rowid(connection_.handle());
  Query update(statement(Sql::kNoteMessage), pair.conv_id, msg_id, sequence, low_sent, message.created_at);
  if (!update.run()) return unavailable();
  return Appended{.msg_id = msg_id,
                  .created_at = message.created_at,
                  .sequence = static_cast<uint64_t>(sequence),
                  .duplicate = false};
}

StoreResult<std::vector<Message>> SqliteDatabase::messages_before(UserId user, ConversationRef ref, uint32_t begin,
                                                                  size_t limit) {
  std::vector<Message> found;
  auto pair = find_pair(user, ref);
  if (!pair.ok()) return pair.error();
  if (!pair.value()) return found;
  const uint32_t newest = begin == 0 ? std::numeric_limits<uint32_t>::max() : begin;
  Query query(statement(Sql::kMessagesBefore), pair.value()->conv_id, newest, row_limit(limit));
  while (query.next()) found.push_back(read_message(query));
  if (query.failed()) return unavailable();
  return found;
}

StoreResult<std::vector<Message>> SqliteDatabase::messages_by_id(UserId user, ConversationRef ref,
                                                                 std::span<const uint32_t> ids) {
  std::vector<Message> found;
  auto pair = find_pair(user, ref);
  if (!pair.ok()) return pair.error();
  if (!pair.value()) return found;
  std::vector<uint32_t> wanted(ids.begin(), ids.end());
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const uint32_t msg_id : wanted) {
    Query query(statement(Sql::kMessageById), pair.value()->conv_id, msg_id);
    if (query.next()) found.push_back(read_message(query));
    if (query.failed()) return unavailable();
  }
  return found;
}

StoreResult<uint32_t> SqliteDatabase::latest_msg_id(UserId user, ConversationRef ref) {
  auto pair = find_pair(user, ref);
  if (!pair.ok()) return pair.error();
  return pair.value() ? pair.value()->last_msg_id : 0;
}

StoreResult<std::vector<SequencedMessage>> SqliteDatabase::messages_after(uint64_t after, size_t limit) {
  std::vector<SequencedMessage> found;
  if (after >= INT64_MAX) return found;
  Query query(statement(Sql::kMessagesAfter), after, row_limit(limit));
  while (query.next()) found.push_back(read_sequenced(query));
  if (query.failed()) return unavailable();
  return found;
}

StoreResult<uint64_t> SqliteDatabase::latest_sequence() {
  Query query(statement(Sql::kLatestSequence));
  const uint64_t latest = query.next() ? query.number<uint64_t>(0) : 0;  // NULL in an empty table reads as 0
  if (query.failed()) return unavailable();
  return latest;
}

}  // namespace talkbeat
