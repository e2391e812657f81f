#pragma once

#include "msg_server/groups/group_changes.h"
#include "tests/unit/msg_server_fixture.h"

/// A msg_server with users, and groups that the test makes in the store, as another msg_server would.
namespace talkbeat::msg_server_test {

using namespace IM::Group;

class GroupTest : public MsgServerTest {
 protected:
  /// Changes the store, behind this server's back.
  template <class Work>
  auto elsewhere(Work work) {
    EXPECT_TRUE(database->begin_batch().ok());
    auto result = work(*database);
    EXPECT_TRUE(result.ok());
    EXPECT_TRUE(database->commit_batch().ok());
    return std::move(result).value();
  }
  GroupId add_group(UserId creator, const std::vector<UserId>& members, GroupKind kind = GroupKind::kTemporary) {
    const NewGroup group{.kind = kind, .name = "group", .avatar_url = "", .creator = creator, .members = members};
    return elsewhere([&](Database& db) { return db.create_group(group, clock.unix_seconds()); }).now.group.id;
  }
  GroupChanged change(GroupId group, bool add, const std::vector<UserId>& whom) {
    const MemberChange asked{.group = group, .add = add, .users = whom};
    return elsewhere([&](Database& db) { return db.change_members(asked, clock.unix_seconds()); });
  }
  Appended store_elsewhere(UserId from, GroupId group, const std::string& text) {
    return elsewhere([&](Database& db) { return db.append(sent(from, group, text)); });
  }
  NewMessage sent(UserId from, GroupId group, const std::string& text) {
    return {from, {ConversationKind::kGroup, group}, MSG_TYPE_GROUP_TEXT, text, clock.unix_seconds(), std::nullopt};
  }
  std::vector<UserId> add_users(size_t count) {
    return elsewhere([&](Database& db) -> StoreResult<std::vector<UserId>> {
      std::vector<UserId> added;
      for (size_t i = 0; i < count; ++i) {
        added.push_back(db.add_user({"many" + std::to_string(i), "x", "x"}, 1).value());
      }
      return added;
    });
  }

  static IMMsgData group_message(GroupId group, const std::string& text, std::optional<uint64_t> key = std::nullopt) {
    IMMsgData data = message(group, text, key);
    data.set_msg_type(MSG_TYPE_GROUP_TEXT);
    return data;
  }
  size_t messages_of(TestClient& client) {
    for (int i = 0; i < 3; ++i) step();
    sync(client);
    return client.waiting<IMMsgData>();
  }
  /// The texts that have come, in order.
  std::vector<std::string> texts_of(TestClient& client) {
    messages_of(client);
    std::vector<std::string> texts;
    while (const auto data = client.take<IMMsgData>()) texts.push_back(data->msg_data());
    return texts;
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
  UserId carol = add_user("carol");
  UserId dave = add_user("dave");
};

}  // namespace talkbeat::msg_server_test
