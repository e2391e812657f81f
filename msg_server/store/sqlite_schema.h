#pragma once

#include <span>

#include "base/status.h"
#include "msg_server/store/sqlite_statement.h"

namespace talkbeat {

/// The schema as the list of steps that lead to it: a file of version N (`PRAGMA user_version`) has been through the
/// first N. A released step is never changed; a new version is one more step at the end.
std::span<const char* const> schema_steps();

/// Brings a file up to the last of `steps`, each step in a transaction of its own, so that a crash in between leaves a
/// file of a known version. An empty file is version 0. Refuses a file that is newer than the steps, and one that is
/// not TalkBeat's; such a file is not changed.
///
///   Status status = migrate(connection, schema_steps());
///
/// Only one process at a time may do this (SqliteDatabase goes through its turnstile).
Status migrate(SqliteConnection& connection, std::span<const char* const> steps);

}  // namespace talkbeat
