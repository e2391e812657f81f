#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "msg_server/store/group_records.h"
#include "msg_server/store/message_records.h"
#include "msg_server/store/sqlite_statement.h"

namespace talkbeat {

/// A message as the other system numbers it.
struct StagedMessage {
  NewMessage message;
  uint32_t msg_id = 0;  ///< may have gaps, and come twice
  uint64_t row_id = 0;
};

struct StagedMember {
  GroupId group = 0;
  UserId user = 0;
  int64_t joined_at = 0;  ///< Unix seconds
};

/// What has to wait for the end of the dump, where the users stand: groups, members, messages, in a scratch file that
/// puts them into order, so that memory is bounded. Nothing in it is meant to last. One thread.
///
///   auto staging = ImportStaging::open(path);
///   … staging.add(message) each, then staging.sort() …
///   staging.each_message([&](const NewMessage& message) { … });
class ImportStaging {
 public:
  /// `path`: a file that is not there yet. Whoever opens it removes it.
  static Result<std::unique_ptr<ImportStaging>> open(const std::string& path);

  // A user that has been taken over; false in the others: it was there already, and stays as it was.
  Status add_user(UserId user);
  Result<bool> add(const Group& group);
  Result<bool> add(const StagedMember& member);
  Status add(const StagedMessage& message);
  Status add_removed(UserId user, ConversationRef ref);

  /// Once, after all has been added and before it is read.
  Status sort();

  Result<bool> knows_user(UserId user);
  Status each_group(const std::function<Status(const Group&)>& visit);
  /// By user.
  Result<std::vector<StagedMember>> members_of(GroupId group);
  /// How many members are of groups that are not there.
  Result<uint64_t> members_without_group();
  /// When the group's messages were written, of those from users who have been taken over, in the order of
  /// each_message().
  Result<std::vector<int64_t>> times_in(GroupId group);
  /// Conversation by conversation, in the order of (msg_id, row_id, created_at).
  Status each_message(const std::function<Status(const NewMessage&)>& visit);
  Status each_removed(const std::function<Status(UserId, ConversationRef)>& visit);

 private:
  explicit ImportStaging(SqliteConnection connection) : connection_(std::move(connection)) {}
  Status prepare();
  Error failure() const;
  template <class... Args>
  Result<bool> insert(size_t statement, const Args&... args);

  SqliteConnection connection_;
  std::vector<Statement> statements_;  // after connection_: finalized first
  uint64_t inserted_ = 0;
};

}  // namespace talkbeat
