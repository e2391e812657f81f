#pragma once

#include <gmock/gmock.h>

#include "tests/unit/group_fixture.h"

namespace talkbeat::msg_server_test {

using testing::ElementsAre;
using testing::IsEmpty;

template <class List>
std::vector<uint32_t> all_of(const List& list) {
  return {list.begin(), list.end()};
}

class GroupHandlersTest : public GroupTest {
 protected:
  static IMGroupCreateReq creation(const std::string& name, const std::vector<UserId>& members,
                                   GroupType type = GROUP_TYPE_TMP) {
    IMGroupCreateReq request;
    request.set_user_id(0);
    request.set_group_type(type);
    request.set_group_name(name);
    request.set_group_avatar("");
    for (const UserId user : members) request.add_member_id_list(user);
    return request;
  }
  static IMGroupChangeMemberReq changing(GroupModifyType type, GroupId group, const std::vector<UserId>& whom) {
    IMGroupChangeMemberReq request;
    request.set_user_id(0);
    request.set_change_type(type);
    request.set_group_id(group);
    for (const UserId user : whom) request.add_member_id_list(user);
    return request;
  }
  template <class Response, class Request>
  Response ask(TestClient& client, const Request& request) {
    client.send(request);
    return expect<Response>(client);
  }
  IMGroupCreateRsp create(TestClient& client, const IMGroupCreateReq& request) {
    return ask<IMGroupCreateRsp>(client, request);
  }
  IMGroupChangeMemberRsp change(TestClient& client, GroupModifyType type, GroupId group,
                                const std::vector<UserId>& whom) {
    return ask<IMGroupChangeMemberRsp>(client, changing(type, group, whom));
  }
  uint32_t shield(TestClient& client, GroupId group, uint32_t shielded) {
    IMGroupShieldReq request;
    request.set_user_id(0);
    request.set_group_id(group);
    request.set_shield_status(shielded);
    const auto response = ask<IMGroupShieldRsp>(client, request);
    EXPECT_EQ(response.group_id(), group);
    return response.result_code();
  }
  IMNormalGroupListRsp list(TestClient& client, bool all) {
    IMNormalGroupListReq request;
    request.set_user_id(0);
    if (all) request.set_temporary_too(true);
    return ask<IMNormalGroupListRsp>(client, request);
  }
  IMGroupInfoListRsp info(TestClient& client, const std::vector<std::pair<GroupId, uint32_t>>& held) {
    IMGroupInfoListReq request;
    request.set_user_id(0);
    for (const auto& [group, version] : held) {
      auto& entry = *request.add_group_version_list();
      entry.set_group_id(group);
      entry.set_version(version);
    }
    return ask<IMGroupInfoListRsp>(client, request);
  }
  size_t notified(TestClient& client) {
    for (int i = 0; i < 3; ++i) step();
    sync(client);
    return client.waiting<IMGroupChangeMemberNotify>();
  }
};

}  // namespace talkbeat::msg_server_test
