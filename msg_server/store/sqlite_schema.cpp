#include "msg_server/store/sqlite_schema.h"

#include <array>
#include <cstdlib>

namespace talkbeat {
namespace {

// "TkBt": tells our files from other SQLite files.
constexpr const char* kApplicationId = "1416315508";

// What a message costs is one row appended to `messages` and one row of `conversations` changed in place: no column
// that changes with a message is indexed. Appending by rowid writes about half as much as a table kept in the order of
// (conversation, msg_id) would.
//
// Unread counts are differences of counters, so that no row per receiver is needed. In a conversation of two, `low` is
// the smaller user id and `low_sent` counts what it has written; low_read is the msg_id that low has read up to and
// low_seen how many of high's messages are among those; low_hidden is the msg_id up to which low has removed the
// conversation from its list. messages.low_sent is the counter as it stood after that message. For a group (kind 2),
// `low` is the group's id and `high` is 0.
//
// `client_key` holds an unsigned 64-bit number in SQLite's signed one, bit by bit.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  token_version INTEGER NOT NULL DEFAULT 1,
  disabled INTEGER NOT NULL DEFAULT 0,
  gender INTEGER NOT NULL DEFAULT 0,
  nick TEXT NOT NULL,
  real_name TEXT NOT NULL DEFAULT '',
  avatar_url TEXT NOT NULL DEFAULT '',
  department_id INTEGER NOT NULL DEFAULT 0,
  email TEXT NOT NULL DEFAULT '',
  phone TEXT NOT NULL DEFAULT '',
  sign_info TEXT NOT NULL DEFAULT '',
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_change ON users (updated_at, id);

CREATE TABLE conversations (
  conv_id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  last_msg_id INTEGER NOT NULL DEFAULT 0,
  last_sequence INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0,
  low_sent INTEGER NOT NULL DEFAULT 0,
  low_read INTEGER NOT NULL DEFAULT 0,
  low_seen INTEGER NOT NULL DEFAULT 0,
  low_hidden INTEGER NOT NULL DEFAULT 0,
  high_read INTEGER NOT NULL DEFAULT 0,
  high_seen INTEGER NOT NULL DEFAULT 0,
  high_hidden INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX conversations_by_low ON conversations (kind, low, high);
CREATE INDEX conversations_by_high ON conversations (kind, high);

CREATE TABLE messages (
  sequence INTEGER PRIMARY KEY,
  conv_id INTEGER NOT NULL,
  msg_id INTEGER NOT NULL,
  from_user INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  type INTEGER NOT NULL,
  client_key INTEGER,
  low_sent INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX messages_by_conversation ON messages (conv_id, msg_id);
CREATE UNIQUE INDEX messages_by_client_key ON messages (from_user, client_key) WHERE client_key IS NOT NULL;
)sql";

constexpr std::array kSteps{kVersion1};

Result<size_t> read_number(SqliteConnection& connection, const std::string& sql) {
  auto text = connection.first_value(sql);
  if (!text.ok()) return Error{text.message()};
  return static_cast<size_t>(std::strtoull(text.value().c_str(), nullptr, 10));
}

Status check_ours(SqliteConnection& connection, size_t version) {
  auto id = connection.first_value("PRAGMA application_id");
  if (!id.ok()) return Error{id.message()};
  if (id.value() == kApplicationId) return {};
  auto objects = read_number(connection, "SELECT count(*) FROM sqlite_master");
  if (!objects.ok()) return Error{objects.message()};
  if (version == 0 && objects.value() == 0) return {};
  return Error{"this is not a TalkBeat database"};
}

Status take_step(SqliteConnection& connection, const char* step, size_t version) {
  std::string script = "BEGIN IMMEDIATE;";
  script += step;
  script += std::string("PRAGMA application_id = ") + kApplicationId + ";";
  script += "PRAGMA user_version = " + std::to_string(version) + ";COMMIT;";
  Status status = connection.execute(script);
  if (!status.ok()) (void)connection.execute("ROLLBACK");
  return status;
}

}  // namespace

std::span<const char* const> schema_steps() {
  return kSteps;
}

Status migrate(SqliteConnection& connection, std::span<const char* const> steps) {
  auto version = read_number(connection, "PRAGMA user_version");
  if (!version.ok()) return Error{version.message()};
  Status ours = check_ours(connection, version.value());
  if (!ours.ok()) return ours;
  if (version.value() > steps.size()) {
    return Error{"its schema version is " + std::to_string(version.value()) + ", this program knows versions up to " +
                 std::to_string(steps.size()) + ": use the program's newer version"};
  }
  for (size_t done = version.value(); done < steps.size(); ++done) {
    Status status = take_step(connection, steps[done], done + 1);
    if (!status.ok()) return Error{"schema step " + std::to_string(done + 1) + " failed: " + status.message()};
  }
  return {};
}

}  // namespace talkbeat
