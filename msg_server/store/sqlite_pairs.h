#pragma once

#include "msg_server/store/pair_cache.h"
#include "msg_server/store/sqlite_core.h"

namespace talkbeat {

/// Conversations of two in a batch, found and changed by way of the writer's cache.
///
///   auto pair = find_pair(core, user, peer);
///   if (!pair.ok()) return pair.error();
///   if (pair.value() != nullptr) mark_pair(core, *pair.value(), user, mark);

using FoundPair = StoreResult<PairCache::Entry*>;

/// From a row of the columns that kFindPair and the like begin with.
PairRow read_pair_row(const Query& row);

/// Null: the two have never exchanged a message.
FoundPair find_pair(SqliteCore& core, UserId one, UserId other);
/// The same, but refuses kUnknownUser where one of them does not exist, or is disabled.
FoundPair find_pair_of_enabled(SqliteCore& core, UserId one, UserId other);
/// They have no conversation yet.
FoundPair add_pair(SqliteCore& core, UserId one, UserId other, bool enabled);

/// Written with the batch.
void mark_pair(SqliteCore& core, PairCache::Entry& pair, UserId user, const ReadMark& mark);

}  // namespace talkbeat
