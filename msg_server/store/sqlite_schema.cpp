#include "msg_server/store/sqlite_schema.h"

#include <array>
#include <cstdlib>

namespace talkbeat {
namespace {

// "TkBt": tells our files from other SQLite files.
constexpr const char* kApplicationId = "1416315508";

// What a message costs is one row appended to `messages` and one row of `conversations` changed in place: no column
// that changes with a message is indexed. Appending by rowid writes about half as much as a table kept in the order of
// (conversation, msg_id) would. (What indexes cost: version 3.)
//
// Unread counts are differences of counters, so that no row per receiver is needed. In a conversation of two, `low` is
// the smaller user id and `low_sent` counts what it has written; low_read is the msg_id that low has read up to and
// low_seen how many of high's messages are among those; low_hidden is the msg_id up to which low has removed the
// conversation from its list. messages.low_sent is the counter as it stood after that message. For a group (kind 2),
// `low` is the group's id, `high` is 0, and the counters are in the rows of its members (version 2).
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

// Groups, departments, devices, files that wait, and large bodies.
//
// groups: AUTOINCREMENT, because the id of a deleted group must not come back: its conversation is still there.
//
// group_members: in the order of (group, user) without a rowid, so that a group's members lie side by side. A member's
// counters are those of `low` in a conversation of two: `sent` counts its own messages since the joining, unread =
// (last_msg_id - joined_after) - sent - seen. So a message changes the sender's row, and none of the others'.
// since_version is the group's version at the joining: tells who has been in it longest.
//
// In a group's message, low_sent is the sender's `sent` after it. messages_by_writer finds the latest one that a member
// has written before some other message, and so how many of those that it has read are its own; pairs do not need it
// (types from 16 are a group's), and so do not pay for it.
//
// large_bodies: audio and other long messages, away from the rows that lists and sweeps go through. Its messages' own
// bodies are empty, which no other message's is. whole_messages puts the two together; the subquery only runs for such
// a message.
//
// offline_bytes: one row with what all files count for (FileQuota), kept by triggers, since a quota must not cost a
// scan.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE users ADD COLUMN push_shield INTEGER NOT NULL DEFAULT 0;

CREATE TABLE groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  name TEXT NOT NULL,
  avatar_url TEXT NOT NULL,
  creator INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE group_members (
  group_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  since_version INTEGER NOT NULL,
  joined_after INTEGER NOT NULL,
  shielded INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,
  read INTEGER NOT NULL,
  seen INTEGER NOT NULL DEFAULT 0,
  hidden INTEGER NOT NULL,
  PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_user ON group_members (user_id, group_id);

CREATE INDEX messages_by_writer ON messages (conv_id, from_user, msg_id) WHERE type >= 16;

CREATE TABLE large_bodies (
  sequence INTEGER PRIMARY KEY,
  body BLOB NOT NULL
) STRICT;

CREATE VIEW whole_messages AS
  SELECT sequence, conv_id, msg_id, from_user, created_at, type, client_key, low_sent,
    CASE WHEN length(body) > 0 THEN body
    ELSE (SELECT large.body FROM large_bodies large WHERE large.sequence = messages.sequence) END AS body
  FROM messages;

CREATE TABLE departments (
  id INTEGER PRIMARY KEY,
  parent_id INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  name TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX departments_by_change ON departments (updated_at, id);

CREATE TABLE devices (
  user_id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  client_type INTEGER NOT NULL
) STRICT;

CREATE TABLE offline_files (
  id INTEGER PRIMARY KEY,
  task_id TEXT NOT NULL UNIQUE,
  from_user INTEGER NOT NULL,
  to_user INTEGER NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX offline_files_by_sender ON offline_files (from_user, size);
CREATE INDEX offline_files_by_receiver ON offline_files (to_user, created_at);
CREATE INDEX offline_files_by_expiry ON offline_files (expires_at);

CREATE TABLE offline_bytes (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  total INTEGER NOT NULL
) STRICT;
INSERT INTO offline_bytes VALUES (1, 0);
CREATE TRIGGER offline_file_added AFTER INSERT ON offline_files BEGIN
  UPDATE offline_bytes SET total = total + max(new.size, 65536) WHERE id = 1;
END;
CREATE TRIGGER offline_file_deleted AFTER DELETE ON offline_files BEGIN
  UPDATE offline_bytes SET total = total - max(old.size, 65536) WHERE id = 1;
END;
)sql";

// An index with an entry for every message would cost more than the message: its entries lie where the conversation's
// others do, so that each message writes a page of its own. So a message names the one before it in its conversation,
// and only every 16th (kMilestone) is found by its msg_id; the others are a few steps back from there, or from the
// newest. Who reads a page of messages goes from one to the next anyway. `previous` has no default, so that a program
// that does not know of it cannot break the chain.
//
// messages_by_client_key has the key in front, not the sender: keys that begin with the time, as clients are asked to
// make them, are appended, all senders' in the same place.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE chained_messages (
  sequence INTEGER PRIMARY KEY,
  conv_id INTEGER NOT NULL,
  msg_id INTEGER NOT NULL,
  previous INTEGER NOT NULL,
  from_user INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  type INTEGER NOT NULL,
  client_key INTEGER,
  low_sent INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
INSERT INTO chained_messages
  SELECT sequence, conv_id, msg_id,
    coalesce((SELECT p.sequence FROM messages p WHERE p.conv_id = m.conv_id AND p.msg_id = m.msg_id - 1), 0),
    from_user, created_at, type, client_key, low_sent, body
  FROM messages m ORDER BY sequence;
CREATE TABLE milestones (
  conv_id INTEGER NOT NULL,
  msg_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (conv_id, msg_id)
) STRICT, WITHOUT ROWID;
INSERT INTO milestones SELECT conv_id, msg_id, sequence FROM messages WHERE msg_id % 16 = 0 ORDER BY conv_id, msg_id;
DROP VIEW whole_messages;
DROP TABLE messages;
ALTER TABLE chained_messages RENAME TO messages;
CREATE UNIQUE INDEX messages_by_client_key ON messages (client_key, from_user) WHERE client_key IS NOT NULL;
CREATE INDEX messages_by_writer ON messages (conv_id, from_user, msg_id) WHERE type >= 16;
CREATE VIEW whole_messages AS
  SELECT sequence, conv_id, msg_id, previous, from_user, created_at, type, client_key, low_sent,
    CASE WHEN length(body) > 0 THEN body
    ELSE (SELECT large.body FROM large_bodies large WHERE large.sequence = messages.sequence) END AS body
  FROM messages;
)sql";

constexpr std::array kSteps{kVersion1, kVersion2, kVersion3};

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
