#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/contract/database_contract.h"

namespace talkbeat {

/// A fresh database of each kind with three users and short words for what they do in groups.
class GroupContract : public DatabaseContract {
 protected:
  using Users = std::vector<UserId>;
  using Ids = std::vector<uint32_t>;

  void SetUp() override {
    DatabaseContract::SetUp();
    add_three_users();
  }

  GroupId create(UserId creator, Users members, std::string name = "friends") {
    auto made = write([&](Database& db) {
      return db.create_group({.name = name, .avatar_url = "", .creator = creator, .members = members}, 1'000);
    });
    EXPECT_TRUE(made.ok());
    return made.ok() ? made.value().now.group.id : 0;
  }
  StoreResult<GroupChanged> change(const MemberChange& change) {
    return write([&](Database& db) { return db.change_members(change, 2'000); });
  }
  StoreResult<GroupChanged> add(UserId actor, GroupId id, Users users) {
    return change({.group = id, .actor = actor, .add = true, .users = users});
  }
  StoreResult<GroupChanged> remove(UserId actor, GroupId id, Users users) {
    return change({.group = id, .actor = actor, .add = false, .users = users});
  }
  GroupState state(GroupId id) {
    auto found = database_->find_group(id);
    EXPECT_TRUE(found.ok() && found.value());
    return found.ok() ? found.value().value_or(GroupState{}) : GroupState{};
  }
  Users members(GroupId id) {
    Users users;
    for (const GroupMember& member : state(id).members) users.push_back(member.user);
    return users;
  }

  StoreResult<Appended> try_say(UserId from, GroupId id, const std::string& body,
                                std::optional<uint64_t> key = std::nullopt, int64_t at = 5'000) {
    return write([&](Database& db) { return db.append({from, group(id), 0x11, body, at, key}); });
  }
  Appended say(UserId from, GroupId id, const std::string& body, std::optional<uint64_t> key = std::nullopt,
               int64_t at = 5'000) {
    auto appended = try_say(from, id, body, key, at);
    EXPECT_TRUE(appended.ok());
    return appended.ok() ? appended.value() : Appended{};
  }
  StoreResult<bool> read_up_to(UserId user, GroupId id, uint32_t msg_id) {
    return write([&](Database& db) { return db.mark_read(user, group(id), msg_id); });
  }
  StoreResult<Done> hide(UserId user, GroupId id) {
    return write([&](Database& db) { return db.remove_conversation(user, group(id)); });
  }
  /// 0 where the group is not among the unread ones.
  uint32_t unread_in(UserId user, GroupId id) {
    for (const Unread& unread : database_->unread(user).value()) {
      if (unread.ref == group(id)) return unread.count;
    }
    return 0;
  }
  std::vector<ConversationRef> listed(UserId user, int64_t since = 0, size_t limit = 100) {
    std::vector<ConversationRef> refs;
    for (const Conversation& conversation : database_->conversations(user, since, limit).value()) {
      refs.push_back(conversation.ref);
    }
    return refs;
  }
  /// The bodies that the user can read, newest first.
  std::vector<std::string> history(UserId user, GroupId id, uint32_t begin = 0, size_t limit = 100) {
    std::vector<std::string> bodies;
    for (const Message& message : database_->messages_before(user, group(id), begin, limit).value()) {
      bodies.push_back(message.body);
    }
    return bodies;
  }
};

}  // namespace talkbeat
