#pragma once

#include <memory>
#include <optional>
#include <string>

#include "msg_server/store/database.h"
#include "msg_server/store/sqlite_core.h"
#include "msg_server/store/sqlite_options.h"

namespace talkbeat {

/// The database in one SQLite file (WAL, synchronous=FULL), shared by any number of processes on one machine.
///
/// Owned by main(); used by one thread at a time (a writer's and a reader's thread have one each, on the same path).
/// Writers take turns through `<path>.turnstile`. Disk full, I/O errors and the like are kUnavailable, and pass when
/// their cause does: nothing needs to be opened again.
///
///   auto opened = SqliteDatabase::open({.path = "run/talkbeat.db"});
///   if (!opened.ok()) return fail(opened.message());
///   Database& database = *opened.value();
class SqliteDatabase final : public Database {
 public:
  /// Creates or migrates the schema where needed. Fails on a file that is newer than this program or not ours.
  static Result<std::unique_ptr<SqliteDatabase>> open(const SqliteOptions& options);

  Status begin_batch() override { return core_.begin_batch(); }
  Status commit_batch() override { return core_.commit_batch(); }
  void rollback_batch() override { core_.rollback_batch(); }
  std::string last_error() const override { return core_.last_error(); }
  bool upkeep_due() const override { return core_.upkeep_due(); }
  Status upkeep() override { return core_.upkeep(); }

  // sqlite_accounts.cpp
  StoreResult<UserId> add_user(const NewUser& user, int64_t now) override;
  StoreResult<Done> set_password_hash(UserId user, std::string_view hash) override;
  StoreResult<bool> upgrade_password_hash(UserId user, std::string_view old_hash, std::string_view new_hash) override;
  StoreResult<Done> revoke_tokens(UserId user) override;
  StoreResult<Done> set_disabled(UserId user, bool disabled, int64_t now) override;
  StoreResult<std::optional<Account>> find_account(std::string_view name) override;
  StoreResult<std::vector<Profile>> profiles(std::span<const UserId> users) override;
  StoreResult<std::vector<Profile>> profiles_changed(int64_t since, UserId after, size_t limit) override;
  StoreResult<std::vector<Profile>> users_after(UserId after, size_t limit) override;
  StoreResult<Done> edit_profile(UserId user, const ProfileEdit& edit, int64_t now) override;
  StoreResult<uint32_t> put_department(const Department& department, int64_t now) override;
  StoreResult<std::vector<Department>> departments_changed(int64_t since, uint32_t after, size_t limit) override;

  // sqlite_groups.cpp, sqlite_members.cpp
  StoreResult<GroupChanged> create_group(const NewGroup& group, int64_t now) override;
  StoreResult<GroupChanged> change_members(const MemberChange& change, int64_t now) override;
  StoreResult<GroupChanged> edit_group(GroupId group, const GroupEdit& edit) override;
  StoreResult<GroupState> delete_group(GroupId group) override;
  StoreResult<Done> set_group_shield(UserId user, GroupId group, bool shielded) override;
  StoreResult<std::optional<GroupState>> find_group(GroupId group) override;
  StoreResult<std::vector<Group>> groups_of(UserId user) override;
  StoreResult<std::vector<Group>> groups_after(GroupId after, size_t limit) override;

  // sqlite_append.cpp, sqlite_messages.cpp, sqlite_conversations.cpp
  StoreResult<Appended> append(const NewMessage& message) override;
  StoreResult<std::vector<Message>> messages_before(UserId user, ConversationRef ref, uint32_t begin,
                                                    size_t limit) override;
  StoreResult<std::vector<Message>> messages_by_id(UserId user, ConversationRef ref,
                                                   std::span<const uint32_t> ids) override;
  StoreResult<uint32_t> latest_msg_id(UserId user, ConversationRef ref) override;
  StoreResult<std::vector<SequencedMessage>> messages_after(uint64_t after, size_t limit) override;
  StoreResult<uint64_t> latest_sequence() override;
  StoreResult<std::vector<Conversation>> conversations(UserId user, int64_t since, size_t limit) override;
  StoreResult<std::vector<Unread>> unread(UserId user) override;
  StoreResult<uint32_t> unread_total(UserId user) override;
  StoreResult<bool> mark_read(UserId user, ConversationRef ref, uint32_t msg_id) override;
  StoreResult<Done> remove_conversation(UserId user, ConversationRef ref) override;

  // sqlite_devices.cpp
  StoreResult<Done> set_device(UserId user, const std::optional<Device>& device) override;
  StoreResult<Done> set_push_shield(UserId user, bool on) override;
  StoreResult<bool> push_shield(UserId user) override;
  StoreResult<std::vector<PushTarget>> push_targets(std::span<const UserId> users) override;
  StoreResult<std::vector<PushTarget>> group_push_targets(GroupId group) override;

  // sqlite_files.cpp
  StoreResult<Done> add_file(const OfflineFile& file, const FileQuota& quota) override;
  StoreResult<std::optional<OfflineFile>> find_file(std::string_view task_id) override;
  StoreResult<bool> complete_file(std::string_view task_id, int64_t expires_at) override;
  StoreResult<bool> delete_file(std::string_view task_id) override;
  StoreResult<std::vector<OfflineFile>> files_for(UserId to, int64_t now, size_t limit) override;
  StoreResult<std::vector<OfflineFile>> expired_files(int64_t now, size_t limit) override;

  // sqlite_import.cpp
  StoreResult<bool> empty() override;
  StoreResult<Done> import_user(const ImportedUser& user) override;
  StoreResult<Done> import_group(const GroupState& group) override;
  StoreResult<Appended> import_message(const NewMessage& message) override;
  StoreResult<Done> mark_all_read() override;

 private:
  SqliteDatabase(const SqliteOptions& options, SqliteConnection connection, std::optional<WriteTurnstile> turnstile);

  SqliteCore core_;
};

}  // namespace talkbeat
