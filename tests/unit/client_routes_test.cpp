#include "msg_server/client_routes.h"

#include <set>

#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

// What clients may send, of all the protocol's commands with services of clients.
const std::set<uint16_t> kFromClients{
    CID_LOGIN_REQ_USERLOGIN,
    CID_LOGIN_REQ_LOGINOUT,
    CID_LOGIN_REQ_DEVICETOKEN,
    CID_LOGIN_REQ_KICKPCCLIENT,
    CID_LOGIN_REQ_PUSH_SHIELD,
    CID_LOGIN_REQ_QUERY_PUSH_SHIELD,
    CID_BUDDY_LIST_RECENT_CONTACT_SESSION_REQUEST,
    CID_BUDDY_LIST_USER_INFO_REQUEST,
    CID_BUDDY_LIST_REMOVE_SESSION_REQ,
    CID_BUDDY_LIST_ALL_USER_REQUEST,
    CID_BUDDY_LIST_USERS_STATUS_REQUEST,
    CID_BUDDY_LIST_CHANGE_AVATAR_REQUEST,
    CID_BUDDY_LIST_DEPARTMENT_REQUEST,
    CID_BUDDY_LIST_CHANGE_SIGN_INFO_REQUEST,
    CID_MSG_DATA,
    CID_MSG_DATA_ACK,
    CID_MSG_READ_ACK,
    CID_MSG_TIME_REQUEST,
    CID_MSG_UNREAD_CNT_REQUEST,
    CID_MSG_LIST_REQUEST,
    CID_MSG_GET_LATEST_MSG_ID_REQ,
    CID_MSG_GET_BY_MSG_ID_REQ,
    CID_GROUP_NORMAL_LIST_REQUEST,
    CID_GROUP_INFO_REQUEST,
    CID_GROUP_CREATE_REQUEST,
    CID_GROUP_CHANGE_MEMBER_REQUEST,
    CID_GROUP_SHIELD_GROUP_REQUEST,
    CID_FILE_LOGIN_REQ,
    CID_FILE_STATE,
    CID_FILE_PULL_DATA_REQ,
    CID_FILE_PULL_DATA_RSP,
    CID_FILE_REQUEST,
    CID_FILE_HAS_OFFLINE_REQ,
    CID_FILE_ADD_OFFLINE_REQ,
    CID_FILE_DEL_OFFLINE_REQ,
    CID_SWITCH_P2P_CMD,
    CID_OTHER_HEARTBEAT,
};
const std::set<uint16_t> kInAnyPhase{CID_LOGIN_REQ_LOGINOUT, CID_OTHER_HEARTBEAT};
const std::set<uint16_t> kLogins{CID_LOGIN_REQ_USERLOGIN, CID_FILE_LOGIN_REQ};
const std::set<uint16_t> kOfFiles{CID_FILE_STATE, CID_FILE_PULL_DATA_REQ, CID_FILE_PULL_DATA_RSP};

bool routed(uint16_t command) {
  return std::ranges::any_of(kClientRoutes, [command](const auto& row) { return row.command == command; });
}

bool allowed(uint16_t command, Phase phase) {
  for (const auto& row : kClientRoutes) {
    if (row.command == command) return (row.phases & in({phase})) != 0;
  }
  return false;
}

class ClientRoutesTest : public MsgServerTest {
 protected:
  UserId alice = add_user("alice");
};

TEST(ClientRoutes, every_command_that_clients_send_is_offered) {
  for (const uint16_t command : kFromClients) EXPECT_TRUE(routed(command)) << command;
}

TEST(ClientRoutes, nothing_stands_in_the_table_that_clients_do_not_send) {
  for (const auto& row : kClientRoutes) EXPECT_TRUE(kFromClients.contains(row.command)) << row.command;
}

TEST(ClientRoutes, each_command_is_allowed_in_its_phases_and_in_no_other) {
  for (const auto& row : kClientRoutes) {
    const bool any = kInAnyPhase.contains(row.command);
    const bool is_login = kLogins.contains(row.command);
    const bool of_files = kOfFiles.contains(row.command);
    EXPECT_EQ(allowed(row.command, Phase::kFresh), any || is_login) << row.command;
    EXPECT_EQ(allowed(row.command, Phase::kLoggingIn), any) << row.command;
    EXPECT_EQ(allowed(row.command, Phase::kOnline), !is_login && !of_files) << row.command;
    EXPECT_EQ(allowed(row.command, Phase::kTransfer), any || of_files) << row.command;
  }
}

TEST_F(ClientRoutesTest, before_the_login_every_other_command_is_refused) {
  const auto client = connect();
  for (int command = 0x0100; command < 0x0a00; ++command) {
    const auto id = static_cast<uint16_t>(command);
    if (kInAnyPhase.contains(id) || kLogins.contains(id) || (command & 0xff) > 0x40) continue;
    const uint16_t seq_num = client->send_raw(id);
    const auto error = expect<TbError>(*client);
    ASSERT_EQ(error.code(), ERROR_NOT_LOGGED_IN) << command;
    ASSERT_EQ(error.seq_num(), seq_num);
    ASSERT_EQ(error.command_id(), id);
  }
}

TEST_F(ClientRoutesTest, while_a_login_is_checked_nothing_but_heartbeats_and_logout_is_taken) {
  const auto client = connect();
  hold_hashing = true;
  client->send(login("alice"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 1; }));
  client->send(login("alice"));
  expect_error(*client, ERROR_ALREADY_LOGGED_IN);
  client->send(IM::Message::IMClientTimeReq());
  expect_error(*client, ERROR_NOT_LOGGED_IN);
  sync(*client);
  hold_hashing = false;
  EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_NONE);
}

TEST_F(ClientRoutesTest, a_second_login_is_refused_and_the_session_goes_on) {
  const auto client = log_in("alice");
  client->send(login("alice"));
  expect_error(*client, ERROR_ALREADY_LOGGED_IN);
  sync(*client);
}

TEST_F(ClientRoutesTest, the_third_unknown_command_ends_the_connection) {
  const auto client = log_in("alice");
  for (const uint16_t command : std::array<uint16_t, 2>{CID_LOGIN_REQ_MSGSERVER, CID_OTHER_MSG_SERV_INFO}) {
    client->send_raw(command);
    expect_error(*client, ERROR_UNKNOWN_COMMAND);
  }
  client->send_raw(0x0906);  // a relay, which only servers may send
  expect_error(*client, ERROR_UNKNOWN_COMMAND);
  expect_end(*client);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
