#include "msg_server/store/sqlite_append.h"

#include <algorithm>
#include <array>

#include "msg_server/store/message_database.h"
#include "msg_server/store/sqlite_chain.h"
#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_pairs.h"
#include "msg_server/store/sqlite_users.h"
#include "msg_server/store/sqlite_views.h"

// Storing messages in SQLite.
namespace talkbeat {
namespace {

StoreResult<Appended> append_single(SqliteCore& core, const NewMessage& message) {
  const UserId peer = message.to.peer;
  if (message.from == peer) return StoreError::kUnknownUser;  // nobody talks to himself
  auto pair = find_pair_of_enabled(core, message.from, peer);
  if (pair.ok() && pair.value() == nullptr) {
    // Before the conversation is made: a message that is refused leaves nothing behind.
    auto before = find_by_client_key(core, message);
    if (!before.ok()) return before.error();
    pair = add_pair(core, message.from, peer, true);
  }
  if (!pair.ok()) return pair.error();
  return append_to_pair(core, *pair.value(), message);
}

StoreResult<Appended> append_group(SqliteCore& core, const NewMessage& message) {
  auto user = all_enabled(core, std::array{message.from});
  if (!user.ok()) return user.error();
  auto view = find_view(core, message.from, message.to);
  if (!view.ok()) return view.error();
  return append_to_group(core, *view.value(), message);
}

/// What a client_key has been used for, and whether that is this message: to the same receiver, with the same content.
struct SentBefore {
  Appended appended;
  bool same = false;
};

SentBefore read_sent(const Query& row, const NewMessage& message) {
  const bool single = message.to.kind == ConversationKind::kSingle;
  const UserId low = single ? std::min(message.from, message.to.peer) : message.to.peer;
  const UserId high = single ? std::max(message.from, message.to.peer) : 0;
  const bool same = row.number<ConversationKind>(3) == message.to.kind && row.number<UserId>(4) == low &&
                    row.number<UserId>(5) == high && row.number<uint8_t>(6) == message.type &&
                    row.text(7) == message.body;
  return {{.msg_id = row.number<uint32_t>(0),
           .created_at = row.integer(1),
           .sequence = row.number<uint64_t>(2),
           .duplicate = true},
          same};
}

StoreResult<Appended> append_noted(SqliteCore& core, const ConversationView& view, const NewMessage& message,
                                   uint32_t sent) {
  auto sequence = insert_message(core, view, message, sent);
  if (!sequence.ok()) return sequence.error();
  const uint32_t msg_id = view.last_msg_id + 1;
  auto noted = core.change(Sql::kNoteMessage, view.conv_id, msg_id, sequence.value(), message.created_at);
  if (!noted.ok()) return noted.error();
  return Appended{.msg_id = msg_id,
                  .created_at = message.created_at,
                  .sequence = static_cast<uint64_t>(sequence.value()),
                  .group_version = view.group_version};
}

}  // namespace

// That a key is known already is rare: the index says so when the message is to be added.
StoreResult<Appended> SqliteDatabase::append(const NewMessage& message) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  const bool single = message.to.kind == ConversationKind::kSingle;
  auto appended = single ? append_single(core_, message) : append_group(core_, message);
  if (appended.ok() || appended.error() == StoreError::kUnavailable) return appended;
  // What was stored once is told again, whatever may be in its way by now.
  auto before = find_by_client_key(core_, message);
  if (!before.ok()) return before.error();
  return before.value() ? StoreResult<Appended>(*before.value()) : appended;
}

StoreResult<std::optional<Appended>> find_by_client_key(SqliteCore& core, const NewMessage& message) {
  if (!message.client_key) return std::optional<Appended>();
  auto found = core.first(
      Sql::kFindByClientKey, [&](const Query& row) { return read_sent(row, message); }, message.from,
      *message.client_key);
  if (!found.ok()) return found.error();
  if (!found.value()) return std::optional<Appended>();
  auto& [appended, same] = *found.value();
  if (!same) return StoreError::kKeyInUse;
  if (message.to.kind == ConversationKind::kGroup) {
    auto version = group_version(core, message.to.peer);
    if (!version.ok()) return version.error();
    appended.group_version = version.value();
  }
  return std::optional(appended);
}

StoreResult<Appended> append_to_pair(SqliteCore& core, PairCache::Entry& pair, const NewMessage& message) {
  PairRow& row = pair.row;
  const uint32_t low_sent = row.low_sent + (message.from == row.low ? 1 : 0);
  auto sequence = insert_message(core, row.seen_by(message.from), message, low_sent);
  if (!sequence.ok()) return sequence.error();
  ++row.last_msg_id;
  row.last_sequence = sequence.value();
  // The clock may have been set back: a conversation's time moves forward only, or "changed since" would miss it.
  row.updated_at = std::max(row.updated_at, message.created_at);
  row.low_sent = low_sent;
  core.pairs().note_change(pair);
  return Appended{
      .msg_id = row.last_msg_id, .created_at = message.created_at, .sequence = static_cast<uint64_t>(sequence.value())};
}

StoreResult<Appended> append_to_group(SqliteCore& core, const ConversationView& view, const NewMessage& message) {
  const uint32_t sent = view.own + 1;
  auto appended = append_noted(core, view, message, sent);
  if (!appended.ok()) return appended.error();
  auto noted = core.change(Sql::kNoteSent, message.to.peer, message.from, sent);
  if (!noted.ok()) return noted.error();
  return appended;
}

StoreResult<Appended> append_uncounted(SqliteCore& core, const ConversationView& view, const NewMessage& message) {
  return append_noted(core, view, message, 0);
}

StoreResult<int64_t> insert_message(SqliteCore& core, const ConversationView& view, const NewMessage& message,
                                    uint32_t low_sent) {
  const bool large = message.body.size() > kLargeBody;
  const std::string_view body = large ? std::string_view() : message.body;
  const uint32_t msg_id = view.last_msg_id + 1;
  auto inserted = core.change(Sql::kAddMessage, view.conv_id, msg_id, view.last_sequence, message.from,
                              message.created_at, int{message.type}, message.client_key, low_sent, Blob{body});
  if (!inserted.ok()) return inserted.error();
  if (inserted.value() == 0) return StoreError::kKeyInUse;
  const int64_t sequence = core.last_id();
  if (large) {
    auto apart = core.change(Sql::kAddLargeBody, sequence, Blob{message.body});
    if (!apart.ok()) return apart.error();
  }
  if (msg_id % kMilestone == 0) {
    auto milestone = core.change(Sql::kAddMilestone, view.conv_id, msg_id, sequence);
    if (!milestone.ok()) return milestone.error();
  }
  return sequence;
}

}  // namespace talkbeat
