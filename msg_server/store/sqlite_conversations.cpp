#include <algorithm>

#include "msg_server/store/sqlite_database.h"
#include "msg_server/store/sqlite_messages.h"
#include "msg_server/store/sqlite_views.h"

// A user's conversations in SQLite: the list, what is unread, and the marks.
//
// Where a call needs more than one statement, a commit may fall between them. That does no harm: a message never
// changes once it is stored, and a row of `conversations` names only messages that are there.
namespace talkbeat {
namespace {

bool is_newer(const ConversationView& a, const ConversationView& b) {
  return a.updated_at != b.updated_at ? a.updated_at > b.updated_at : a.last_sequence > b.last_sequence;
}

/// Those that `wanted` picks, newest first, at most `limit`.
template <class Predicate>
StoreResult<std::vector<ConversationView>> newest_views(SqliteCore& core, UserId user, size_t limit, Predicate wanted) {
  auto all = views_of(core, user);
  if (!all.ok()) return all.error();
  std::vector<ConversationView>& views = all.value();
  std::erase_if(views, [&](const ConversationView& view) { return !wanted(view); });
  std::sort(views.begin(), views.end(), is_newer);
  if (views.size() > limit) views.resize(limit);
  return all;
}

/// Calls add(view, its latest message) for each, with the bodies past kMaxLatestBytes left empty.
template <class Add>
StoreResult<Done> with_latest(SqliteCore& core, const std::vector<ConversationView>& views, Add add) {
  size_t bytes = 0;
  for (const ConversationView& view : views) {
    auto found = core.first(Sql::kMessageBySequence, read_message, view.last_sequence);
    if (!found.ok()) return found.error();
    if (!found.value()) return core.unavailable();
    Message& latest = *found.value();
    if (bytes + latest.body.size() > kMaxLatestBytes) std::string().swap(latest.body);  // assigning keeps its memory
    bytes += latest.body.size();
    add(view, std::move(latest));
  }
  return Done{};
}

}  // namespace

StoreResult<std::vector<Conversation>> SqliteDatabase::conversations(UserId user, int64_t since, size_t limit) {
  auto views = newest_views(core_, user, limit,
                            [since](const ConversationView& view) { return view.updated_at > since && view.listed(); });
  if (!views.ok()) return views.error();
  std::vector<Conversation> found;
  auto read = with_latest(core_, views.value(), [&found](const ConversationView& view, Message latest) {
    found.push_back({view.ref, view.updated_at, std::move(latest)});
  });
  if (!read.ok()) return read.error();
  return found;
}

StoreResult<std::vector<Unread>> SqliteDatabase::unread(UserId user) {
  auto views = newest_views(core_, user, SIZE_MAX, [](const ConversationView& view) { return view.unread() > 0; });
  if (!views.ok()) return views.error();
  std::vector<Unread> found;
  auto read = with_latest(core_, views.value(), [&found](const ConversationView& view, Message latest) {
    found.push_back({view.ref, view.unread(), std::move(latest)});
  });
  if (!read.ok()) return read.error();
  return found;
}

StoreResult<uint32_t> SqliteDatabase::unread_total(UserId user) {
  const auto views = views_of(core_, user);
  if (!views.ok()) return views.error();
  uint32_t total = 0;
  for (const ConversationView& view : views.value()) total += view.unread();
  return total;
}

StoreResult<bool> SqliteDatabase::mark_read(UserId user, ConversationRef ref, uint32_t msg_id) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  auto found = find_view(core_, user, ref);
  if (!found.ok()) return found.error();
  if (!found.value()) return StoreError::kUnknownConversation;
  const ConversationView& view = *found.value();
  const uint32_t read = std::min(msg_id, view.last_msg_id);
  if (read <= view.mark.read) return false;
  auto own = own_until(core_, user, view, read);
  if (!own.ok()) return own.error();
  auto marked = set_mark(core_, user, view,
                         {.read = read, .seen = view.by_others(read, own.value()), .hidden = view.mark.hidden});
  if (!marked.ok()) return marked.error();
  return true;
}

StoreResult<Done> SqliteDatabase::remove_conversation(UserId user, ConversationRef ref) {
  if (!core_.may_write()) return StoreError::kUnavailable;
  auto found = find_view(core_, user, ref);
  if (!found.ok()) return found.error();
  if (!found.value()) return StoreError::kUnknownConversation;
  const ConversationView& view = *found.value();
  ReadMark mark = view.read_all();
  mark.hidden = view.last_msg_id;
  return set_mark(core_, user, view, mark);
}

}  // namespace talkbeat
