#include "tools/talkctl/import_staging.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace talkbeat {

namespace {

// Nothing of this outlives the process, so nothing is synced, and a power cut leaves what is thrown away anyway.
constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -65536;
CREATE TABLE user (id INTEGER PRIMARY KEY);
CREATE TABLE chat (id INTEGER PRIMARY KEY, kind INTEGER, version INTEGER, name TEXT, avatar TEXT, creator INTEGER,
                   created_at INTEGER);
CREATE TABLE member (chat INTEGER, user INTEGER, joined_at INTEGER, PRIMARY KEY (chat, user)) WITHOUT ROWID;
CREATE TABLE message (kind INTEGER, low INTEGER, high INTEGER, msg_id INTEGER, row_id INTEGER, created_at INTEGER,
                      sender INTEGER, type INTEGER, body BLOB);
CREATE TABLE removed (user INTEGER, kind INTEGER, peer INTEGER);
)sql";

// Wide enough that times_in() needs nothing else.
constexpr const char* kOrder = R"sql(
CREATE INDEX message_order ON message (kind, low, high, msg_id, row_id, created_at, sender);
)sql";

enum Text : size_t {
  kAddUser,
  kAddGroup,
  kAddMember,
  kAddMessage,
  kAddRemoved,
  kKnowsUser,
  kEachGroup,
  kEachMember,
  kMembersWithoutGroup,
  kTimes,
  kEachMessage,
  kRemoved
};

constexpr std::array kTexts = {
    "INSERT INTO user VALUES (?1) ON CONFLICT DO NOTHING",
    "INSERT INTO chat VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    "INSERT INTO member VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    "INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "INSERT INTO removed VALUES (?1, ?2, ?3)",
    "SELECT 1 FROM user WHERE id = ?1",
    "SELECT id, kind, version, name, avatar, creator, created_at FROM chat ORDER BY id",
    "SELECT chat, user, joined_at FROM member WHERE chat = ?1 ORDER BY user",
    "SELECT count(*) FROM member WHERE chat NOT IN (SELECT id FROM chat)",
    "SELECT created_at FROM message WHERE kind = 2 AND low = ?1 AND high = 0 AND sender IN (SELECT id FROM user)"
    " ORDER BY msg_id, row_id, created_at",
    "SELECT kind, low, high, created_at, sender, type, body FROM message"
    " ORDER BY kind, low, high, msg_id, row_id, created_at",
    "SELECT user, kind, peer FROM removed",
};

constexpr uint64_t kRowsAtATime = 50'000;

NewMessage read_message(const Query& row) {
  NewMessage message;
  message.to.kind = row.number<ConversationKind>(0);
  const auto low = row.number<UserId>(1);
  const auto high = row.number<UserId>(2);
  message.created_at = row.integer(3);
  message.from = row.number<UserId>(4);
  message.type = row.number<uint8_t>(5);
  message.body = row.text(6);
  const bool to_group = message.to.kind == ConversationKind::kGroup;
  message.to.peer = to_group || message.from == high ? low : high;
  return message;
}

}  // namespace

Result<std::unique_ptr<ImportStaging>> ImportStaging::open(const std::string& path) {
  auto connection = SqliteConnection::open(path, true);
  if (!connection.ok()) return Error{connection.message()};
  std::unique_ptr<ImportStaging> staging(new ImportStaging(std::move(connection.value())));
  if (Status status = staging->prepare(); !status.ok()) return Error{status.message()};
  return staging;
}

Status ImportStaging::prepare() {
  if (Status status = connection_.execute(kSchema); !status.ok()) return status;
  for (const char* text : kTexts) {
    auto statement = Statement::prepare(connection_, text);
    if (!statement.ok()) return Error{statement.message()};
    statements_.push_back(std::move(statement.value()));
  }
  return connection_.execute("BEGIN");
}

Error ImportStaging::failure() const {
  return Error{"the scratch file beside the store failed: " + connection_.error_text()};
}

template <class... Args>
Result<bool> ImportStaging::insert(size_t statement, const Args&... args) {
  Query query(statements_[statement], args...);
  if (!query.run()) return failure();
  const bool added = sqlite3_changes(connection_.handle()) > 0;
  // SQLite keeps the pages of a transaction that have changed in memory, up to its cache.
  if (++inserted_ % kRowsAtATime == 0) {
    if (Status status = connection_.execute("COMMIT; BEGIN"); !status.ok()) return failure();
  }
  return added;
}

Status ImportStaging::add_user(UserId user) {
  const auto added = insert(kAddUser, user);
  return added.ok() ? Status() : Error{added.message()};
}

Result<bool> ImportStaging::add(const Group& group) {
  return insert(kAddGroup, group.id, static_cast<int>(group.kind), group.version, std::string_view(group.name),
                std::string_view(group.avatar_url), group.creator, group.created_at);
}

Result<bool> ImportStaging::add(const StagedMember& member) {
  return insert(kAddMember, member.group, member.user, member.joined_at);
}

Status ImportStaging::add(const StagedMessage& staged) {
  const NewMessage& message = staged.message;
  const bool to_group = message.to.kind == ConversationKind::kGroup;
  const UserId low = to_group ? message.to.peer : std::min(message.from, message.to.peer);
  const UserId high = to_group ? 0 : std::max(message.from, message.to.peer);
  const auto added = insert(kAddMessage, static_cast<int>(message.to.kind), low, high, staged.msg_id, staged.row_id,
                            message.created_at, message.from, static_cast<int>(message.type), Blob{message.body});
  return added.ok() ? Status() : Error{added.message()};
}

Status ImportStaging::add_removed(UserId user, ConversationRef ref) {
  const auto added = insert(kAddRemoved, user, static_cast<int>(ref.kind), ref.peer);
  return added.ok() ? Status() : Error{added.message()};
}

Status ImportStaging::sort() {
  if (Status status = connection_.execute("COMMIT"); !status.ok()) return failure();
  if (Status status = connection_.execute(kOrder); !status.ok()) return failure();
  if (Status status = connection_.execute("BEGIN"); !status.ok()) return failure();
  return {};
}

Result<bool> ImportStaging::knows_user(UserId user) {
  Query query(statements_[kKnowsUser], user);
  const bool known = query.next();
  if (query.failed()) return failure();
  return known;
}

Status ImportStaging::each_group(const std::function<Status(const Group&)>& visit) {
  Query row(statements_[kEachGroup]);
  while (row.next()) {
    Group group;
    group.id = row.number<GroupId>(0);
    group.kind = row.number<GroupKind>(1);
    group.version = row.number<uint32_t>(2);
    group.name = row.text(3);
    group.avatar_url = row.text(4);
    group.creator = row.number<UserId>(5);
    group.created_at = row.integer(6);
    if (Status status = visit(group); !status.ok()) return status;
  }
  return row.failed() ? Status(failure()) : Status();
}

Result<std::vector<StagedMember>> ImportStaging::members_of(GroupId group) {
  std::vector<StagedMember> members;
  Query row(statements_[kEachMember], group);
  while (row.next()) members.push_back({row.number<GroupId>(0), row.number<UserId>(1), row.integer(2)});
  if (row.failed()) return failure();
  return members;
}

Result<uint64_t> ImportStaging::members_without_group() {
  Query row(statements_[kMembersWithoutGroup]);
  const uint64_t count = row.next() ? row.number<uint64_t>(0) : 0;
  if (row.failed()) return failure();
  return count;
}

Result<std::vector<int64_t>> ImportStaging::times_in(GroupId group) {
  std::vector<int64_t> times;
  Query row(statements_[kTimes], group);
  while (row.next()) times.push_back(row.integer(0));
  if (row.failed()) return failure();
  return times;
}

Status ImportStaging::each_message(const std::function<Status(const NewMessage&)>& visit) {
  Query row(statements_[kEachMessage]);
  while (row.next()) {
    if (Status status = visit(read_message(row)); !status.ok()) return status;
  }
  return row.failed() ? Status(failure()) : Status();
}

Status ImportStaging::each_removed(const std::function<Status(UserId, ConversationRef)>& visit) {
  Query row(statements_[kRemoved]);
  while (row.next()) {
    const ConversationRef ref{row.number<ConversationKind>(1), row.number<uint32_t>(2)};
    if (Status status = visit(row.number<UserId>(0), ref); !status.ok()) return status;
  }
  return row.failed() ? Status(failure()) : Status();
}

}  // namespace talkbeat
