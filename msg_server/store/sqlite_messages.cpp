#include "msg_server/store/sqlite_messages.h"

#include <algorithm>
#include <functional>

#include "msg_server/store/sqlite_chain.h"
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

/// A message and the sequence of the one before it in its conversation.
struct Link {
  Message message;
  int64_t previous = 0;
};

StoreResult<Link> read_link(SqliteCore& core, int64_t sequence) {
  const auto read = [](const Query& row) { return Link{read_message(row), row.integer(5)}; };
  auto found = core.first(Sql::kMessageBySequence, read, sequence);
  if (!found.ok()) return found.error();
  if (!found.value()) return core.unavailable();  // the file is damaged
  return std::move(*found.value());
}

std::vector<uint32_t> descending(std::span<const uint32_t> ids) {
  std::vector<uint32_t> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end(), std::greater());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

}  // namespace

StoreResult<std::vector<Message>> SqliteDatabase::messages_before(UserId user, ConversationRef ref, uint32_t begin,
                                                                  size_t limit) {
  std::vector<Message> found;
  auto shown = find_view(core_, user, ref);
  if (!shown.ok()) return shown.error();
  if (!shown.value()) return found;
  const ConversationView& view = *shown.value();
  uint32_t msg_id = begin == 0 ? view.last_msg_id : std::min(begin, view.last_msg_id);
  if (msg_id <= view.joined_after || limit == 0) return found;
  auto sequence = MessageChain(core_, view).find(msg_id);
  if (!sequence.ok()) return sequence.error();
  for (; msg_id > view.joined_after && found.size() < limit; --msg_id) {
    auto link = read_link(core_, sequence.value());
    if (!link.ok()) return link.error();
    found.push_back(std::move(link.value().message));
    sequence = link.value().previous;
  }
  return found;
}

StoreResult<std::vector<Message>> SqliteDatabase::messages_by_id(UserId user, ConversationRef ref,
                                                                 std::span<const uint32_t> ids) {
  std::vector<Message> found;
  auto view = find_view(core_, user, ref);
  if (!view.ok()) return view.error();
  if (!view.value()) return found;
  MessageChain chain(core_, *view.value());
  for (const uint32_t msg_id : descending(ids)) {
    if (msg_id > view.value()->last_msg_id) continue;
    if (msg_id <= view.value()->joined_after) break;
    auto sequence = chain.find(msg_id);
    if (!sequence.ok()) return sequence.error();
    auto link = read_link(core_, sequence.value());
    if (!link.ok()) return link.error();
    found.push_back(std::move(link.value().message));
  }
  std::reverse(found.begin(), found.end());
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
