#include "msg_server/store/sqlite_append.h"

#include <algorithm>
#include <array>

#include "msg_server/store/message_database.h"
#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_users.h"
#include "msg_server/store/sqlite_views.h"

// Storing messages in SQLite.
namespace talkbeat {
namespace {

StoreResult<ConversationView> find_or_add_pair(SqliteCore& core, UserId user, ConversationRef ref) {
  auto found = find_view(core, user, ref);
  if (!found.ok()) return found.error();
  if (found.value()) return *found.value();
  auto added = core.change(Sql::kAddConversation, static_cast<int>(ConversationKind::kSingle), std::min(user, ref.peer),
                           std::max(user, ref.peer));
  if (!added.ok()) return added.error();
  return ConversationView{.ref = ref, .conv_id = core.last_id()};
}

StoreResult<Appended> append_new(SqliteCore& core, const NewMessage& message) {
  if (message.to.kind == ConversationKind::kSingle) {
    if (message.from == message.to.peer) return StoreError::kUnknownUser;  // nobody talks to himself
    auto users = all_enabled(core, std::array{message.from, message.to.peer});
    if (!users.ok()) return users.error();
    return append_to_user(core, message);
  }
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

}  // namespace

StoreResult<Appended> SqliteDatabase::append(const NewMessage& message) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  auto before = find_by_client_key(core_, message);
  if (!before.ok()) return before.error();
  if (before.value()) return *before.value();
  return append_new(core_, message);
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

StoreResult<Appended> append_to_user(SqliteCore& core, const NewMessage& message) {
  auto found = find_or_add_pair(core, message.from, message.to);
  if (!found.ok()) return found.error();
  const ConversationView& view = found.value();
  const bool from_low = message.from < message.to.peer;
  const uint32_t low_sent = from_low ? view.own + 1 : view.last_msg_id - view.own;
  return append_row(core, view, message, low_sent);
}

StoreResult<Appended> append_to_group(SqliteCore& core, const ConversationView& view, const NewMessage& message) {
  const uint32_t sent = view.own + 1;
  auto appended = append_row(core, view, message, sent);
  if (!appended.ok()) return appended.error();
  auto noted = core.change(Sql::kNoteSent, message.to.peer, message.from, sent);
  if (!noted.ok()) return noted.error();
  return appended;
}

StoreResult<Appended> append_row(SqliteCore& core, const ConversationView& view, const NewMessage& message,
                                 uint32_t low_sent) {
  const bool large = message.body.size() > kLargeBody;
  const std::string_view body = large ? std::string_view() : message.body;
  const uint32_t msg_id = view.last_msg_id + 1;
  auto inserted = core.change(Sql::kAddMessage, view.conv_id, msg_id, message.from, message.created_at,
                              int{message.type}, message.client_key, low_sent, Blob{body});
  if (!inserted.ok()) return inserted.error();
  const int64_t sequence = core.last_id();
  if (large) {
    auto apart = core.change(Sql::kAddLargeBody, sequence, Blob{message.body});
    if (!apart.ok()) return apart.error();
  }
  auto noted = core.change(Sql::kNoteMessage, view.conv_id, msg_id, sequence, message.created_at, low_sent);
  if (!noted.ok()) return noted.error();
  return Appended{.msg_id = msg_id,
                  .created_at = message.created_at,
                  .sequence = static_cast<uint64_t>(sequence),
                  .duplicate = false,
                  .group_version = view.group_version};
}

}  // namespace talkbeat
