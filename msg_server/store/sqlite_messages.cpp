#include "msg_server/store/sqlite_messages.h"

#include <algorithm>
#include <limits>

#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_views.h"

// Reading messages from SQLite.
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
  found.group_version = row.number<uint32_t>(10);  // NULL, where there is none, reads as 0
  return found;
}

std::vector<uint32_t> ascending(std::span<const uint32_t> ids) {
  std::vector<uint32_t> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

}  // namespace

StoreResult<std::vector<Message>> SqliteDatabase::messages_before(UserId user, ConversationRef ref, uint32_t begin,
                                                                  size_t limit) {
  auto view = find_view(core_, user, ref);
  if (!view.ok()) return view.error();
  if (!view.value()) return std::vector<Message>();
  const uint32_t newest = begin == 0 ? std::numeric_limits<uint32_t>::max() : begin;
  return core_.rows(Sql::kMessagesBefore, read_message, view.value()->conv_id, newest, view.value()->joined_after,
                    row_limit(limit));
}

StoreResult<std::vector<Message>> SqliteDatabase::messages_by_id(UserId user, ConversationRef ref,
                                                                 std::span<const uint32_t> ids) {
  std::vector<Message> found;
  auto view = find_view(core_, user, ref);
  if (!view.ok()) return view.error();
  if (!view.value()) return found;
  for (const uint32_t msg_id : ascending(ids)) {
    if (msg_id <= view.value()->joined_after) continue;
    auto message = core_.first(Sql::kMessageById, read_message, view.value()->conv_id, msg_id);
    if (!message.ok()) return message.error();
    if (message.value()) found.push_back(std::move(*message.value()));
  }
  return found;
}

StoreResult<uint32_t> SqliteDatabase::latest_msg_id(UserId user, ConversationRef ref) {
  auto view = find_view(core_, user, ref);
  if (!view.ok()) return view.error();
  return view.value() ? view.value()->latest() : 0;
}

StoreResult<std::vector<SequencedMessage>> SqliteDatabase::messages_after(uint64_t after, size_t limit) {
  if (after >= INT64_MAX) return std::vector<SequencedMessage>();
  return core_.rows(Sql::kMessagesAfter, read_sequenced, after, row_limit(limit));
}

StoreResult<uint64_t> SqliteDatabase::latest_sequence() {
  // NULL, in an empty table, reads as 0.
  auto latest = core_.first(Sql::kLatestSequence, [](const Query& row) { return row.number<uint64_t>(0); });
  if (!latest.ok()) return latest.error();
  return latest.value().value_or(0);
}

}  // namespace talkbeat
