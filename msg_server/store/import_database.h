#pragma once

#include "msg_server/store/account_records.h"
#include "msg_server/store/group_records.h"
#include "msg_server/store/message_records.h"
#include "msg_server/store/store_result.h"

namespace talkbeat {

/// Taking over another system's data, into an empty store, users first (departments: put_department()); ids are kept. A
/// part of Database (see there). All writes: inside a batch.
///
///   if (!database.empty().value()) return fail("there are users already");
///   … import_user() each, import_group() each, import_message() each in the order of time, then mark_all_read() …
class ImportDatabase {
 public:
  virtual ~ImportDatabase() = default;

  /// No users, no groups, no departments (deleted ones count: clients have heard of them).
  virtual StoreResult<bool> empty() = 0;
  /// Refuses kNameTaken (the name or the id), kUnknownUser (id 0).
  virtual StoreResult<Done> import_user(const ImportedUser& user) = 0;
  /// Refuses kUnknownGroup (id 0), kNameTaken (the id), kUnknownUser (a member or the creator is no user at all). The
  /// members' joined_after counts the messages that are still to come: normally 0.
  virtual StoreResult<Done> import_group(const GroupState& group) = 0;
  /// append() for what has been accepted long ago: the sender may be disabled, or in the group no more. Refuses
  /// kUnknownUser (no such user at all), kUnknownGroup.
  virtual StoreResult<Appended> import_message(const NewMessage& message) = 0;
  /// All messages so far count as read by everybody.
  virtual StoreResult<Done> mark_all_read() = 0;
};

}  // namespace talkbeat
