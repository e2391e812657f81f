#pragma once

#include <vector>

#include "msg_server/store/database.h"

namespace talkbeat {

/// Fails in every call: for fakes that answer a few calls and do not expect the others.
///
///   class Diary final : public UnavailableDatabase {
///     StoreResult<uint64_t> latest_sequence() override { return uint64_t{42}; }
///   };
class UnavailableDatabase : public Database {
 public:
  Status begin_batch() override { return Error{"unavailable"}; }
  Status commit_batch() override { return Error{"unavailable"}; }
  void rollback_batch() override {}

  StoreResult<Done> set_password_hash(UserId, std::string_view) override { return kNo; }
  StoreResult<bool> upgrade_password_hash(UserId, std::string_view, std::string_view) override { return kNo; }
  StoreResult<uint64_t> latest_sequence() override { return kNo; }
  StoreResult<UserId> add_user(const NewUser&, int64_t) override { return kNo; }
  StoreResult<Done> revoke_tokens(UserId) override { return kNo; }
  StoreResult<Done> set_disabled(UserId, bool, int64_t) override { return kNo; }
  StoreResult<std::optional<Account>> find_account(std::string_view) override { return kNo; }
  StoreResult<std::vector<Profile>> profiles(std::span<const UserId>) override { return kNo; }
  StoreResult<std::vector<Profile>> profiles_changed(int64_t, UserId, size_t) override { return kNo; }
  StoreResult<std::vector<Profile>> users_after(UserId, size_t) override { return kNo; }
  StoreResult<Done> edit_profile(UserId, const ProfileEdit&, int64_t) override { return kNo; }
  StoreResult<uint32_t> put_department(const Department&, int64_t) override { return kNo; }
  StoreResult<std::vector<Department>> departments_changed(int64_t, uint32_t, size_t) override { return kNo; }

  StoreResult<GroupChanged> create_group(const NewGroup&, int64_t) override { return kNo; }
  StoreResult<GroupChanged> change_members(const MemberChange&, int64_t) override { return kNo; }
  StoreResult<GroupChanged> edit_group(GroupId, const GroupEdit&) override { return kNo; }
  StoreResult<GroupState> delete_group(GroupId) override { return kNo; }
  StoreResult<Done> set_group_shield(UserId, GroupId, bool) override { return kNo; }
  StoreResult<std::optional<GroupState>> find_group(GroupId) override { return kNo; }
  StoreResult<std::vector<Group>> groups_of(UserId) override { return kNo; }
  StoreResult<std::vector<Group>> groups_after(GroupId, size_t) override { return kNo; }

  StoreResult<Appended> append(const NewMessage&) override { return kNo; }
  StoreResult<std::vector<Message>> messages_before(UserId, ConversationRef, uint32_t, size_t) override { return kNo; }
  StoreResult<std::vector<Message>> messages_by_id(UserId, ConversationRef, std::span<const uint32_t>) override {
    return kNo;
  }
  StoreResult<uint32_t> latest_msg_id(UserId, ConversationRef) override { return kNo; }
  StoreResult<std::vector<SequencedMessage>> messages_after(uint64_t, size_t) override { return kNo; }
  StoreResult<std::vector<Conversation>> conversations(UserId, int64_t, size_t) override { return kNo; }
  StoreResult<std::vector<Unread>> unread(UserId) override { return kNo; }
  StoreResult<uint32_t> unread_total(UserId) override { return kNo; }
  StoreResult<bool> mark_read(UserId, ConversationRef, uint32_t) override { return kNo; }
  StoreResult<Done> remove_conversation(UserId, ConversationRef) override { return kNo; }

  StoreResult<Done> set_device(UserId, const std::optional<Device>&) override { return kNo; }
  StoreResult<Done> set_push_shield(UserId, bool) override { return kNo; }
  StoreResult<bool> push_shield(UserId) override { return kNo; }
  StoreResult<std::vector<PushTarget>> push_targets(std::span<const UserId>) override { return kNo; }
  StoreResult<std::vector<PushTarget>> group_push_targets(GroupId) override { return kNo; }

  StoreResult<Done> add_file(const OfflineFile&, const FileQuota&) override { return kNo; }
  StoreResult<std::optional<OfflineFile>> find_file(std::string_view) override { return kNo; }
  StoreResult<bool> complete_file(std::string_view, int64_t) override { return kNo; }
  StoreResult<bool> delete_file(std::string_view) override { return kNo; }
  StoreResult<std::vector<OfflineFile>> files_for(UserId, int64_t, size_t) override { return kNo; }
  StoreResult<std::vector<OfflineFile>> expired_files(int64_t, size_t) override { return kNo; }

  StoreResult<bool> empty() override { return kNo; }
  StoreResult<Done> import_user(const ImportedUser&) override { return kNo; }
  StoreResult<Done> import_group(const GroupState&) override { return kNo; }
  StoreResult<Appended> import_message(const NewMessage&) override { return kNo; }
  StoreResult<Done> mark_all_read() override { return kNo; }

 private:
  static constexpr StoreError kNo = StoreError::kUnavailable;
};

}  // namespace talkbeat
