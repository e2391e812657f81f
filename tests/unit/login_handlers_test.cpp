#include <algorithm>
#include <vector>

#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class LoginTest : public MsgServerTest {
 protected:
  IMLoginRes answer_to(const IMLoginReq& request) {
    const auto client = connect();
    client->send(request);
    const auto answer = expect<IMLoginRes>(*client);
    if (answer.result_code() != REFUSE_REASON_NONE) expect_end(*client);
    return answer;
  }
  void fail_times(int64_t times, const std::string& name) {
    for (int64_t i = 0; i < times; ++i) answer_to(login(name, CLIENT_TYPE_WINDOWS, "wrong"));
  }

  // On all connections of clients together.
  size_t waiting_to_send() {
    size_t bytes = 0;
    connections.for_each([&](Connection& connection) { bytes += connection.waiting_to_send(); });
    return bytes;
  }
  std::vector<CloseReason> reasons_of_closing() const {
    std::vector<CloseReason> reasons;
    close_log.closed().for_each_newest([&](const ClosedConnection& gone) {
      reasons.push_back(gone.reason);
      return true;
    });
    return reasons;
  }

  UserId alice = add_user("alice");
};

TEST_F(LoginTest, the_answer_to_the_right_password_says_who_one_is_and_what_time_it_is) {
  const auto client = connect();
  const uint16_t seq_num = client->send(login("alice"));
  PduHeader header;
  const auto answer = expect<IMLoginRes>(*client, &header);
  EXPECT_EQ(header.seq_num, seq_num);
  EXPECT_EQ(answer.result_code(), REFUSE_REASON_NONE);
  EXPECT_EQ(answer.user_info().user_id(), alice);
  EXPECT_EQ(answer.server_time(), clock.unix_seconds());
  EXPECT_EQ(bus.online, std::vector<UserId>{alice});
}

TEST_F(LoginTest, a_wrong_password_and_an_unknown_name_get_the_same_answer) {
  const auto wrong = answer_to(login("alice", CLIENT_TYPE_WINDOWS, "wrong"));
  const auto unknown = answer_to(login("nobody"));
  EXPECT_EQ(wrong.result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  EXPECT_EQ(wrong.SerializeAsString(), unknown.SerializeAsString());
}

TEST_F(LoginTest, names_that_no_account_can_have_are_refused_without_work) {
  for (const std::string& name : {std::string(), std::string(65, 'a')}) {
    EXPECT_EQ(answer_to(login(name)).result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  }
}

TEST_F(LoginTest, a_disabled_account_is_refused) {
  ASSERT_TRUE(database->begin_batch().ok());
  ASSERT_TRUE(database->set_disabled(alice, true, clock.unix_seconds()).ok());
  ASSERT_TRUE(database->commit_batch().ok());
  EXPECT_EQ(answer_to(login("alice")).result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
}

TEST_F(LoginTest, a_connection_that_goes_while_its_password_is_checked_leaves_nothing_behind) {
  const auto client = connect();
  hold_hashing = true;
  client->send(login("alice"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 1; }));
  client->close();
  ASSERT_TRUE(until([&] { return port.connections() == 0; }));
  hold_hashing = false;
  step();
  EXPECT_EQ(users.local_users(), 0u);
  EXPECT_TRUE(bus.online.empty());
}

// The server was stopped (SIGSTOP) while it checked the password: its client has long been logged in elsewhere.
TEST_F(LoginTest, a_login_that_is_answered_after_its_deadline_begins_no_session) {
  const auto client = connect();
  hold_hashing = true;
  client->send(login("alice"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 1; }));
  clock.advance(60'000);
  hold_hashing = false;
  expect_end(*client);
  EXPECT_EQ(users.local_users(), 0u);
  EXPECT_TRUE(bus.online.empty());
}

// Stopped before it had read the request, which waited in the kernel, as may the whole connection.
TEST_F(LoginTest, a_login_that_is_read_after_its_deadline_begins_no_session) {
  const auto client = connect();
  client->send(login("alice"));
  transport.arrived_before = config.client.liveness.handshake_timeout_ms;
  expect_end(*client);
  EXPECT_EQ(users.local_users(), 0u);
  EXPECT_TRUE(bus.online.empty());
}

// The client, who has come while the server stood still, has not given up.
TEST_F(LoginTest, a_login_that_came_a_moment_before_the_server_went_on_begins_a_session) {
  const auto client = connect();
  client->send(login("alice"));
  clock.advance(60'000);
  EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_NONE);
}

TEST_F(LoginTest, when_too_many_logins_wait_one_more_is_told_to_come_back) {
  hold_hashing = true;
  const auto first = connect();
  const auto second = connect();
  first->send(login("alice"));
  second->send(login("alice"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 2; }));
  const auto third = connect();
  third->send(login("alice"));
  const auto error = expect<TbError>(*third);
  EXPECT_EQ(error.code(), ERROR_BUSY);
  EXPECT_GT(error.retry_after_ms(), 0u);
  EXPECT_EQ(expect<IMLoginRes>(*third).result_code(), REFUSE_REASON_NO_DB_SERVER);
  expect_end(*third);
}

TEST_F(LoginTest, after_too_many_failures_the_right_password_waits_too) {
  fail_times(config.password.throttle.failures_per_account, "alice");
  const auto client = connect();
  client->send(login("alice"));
  const auto error = expect<TbError>(*client);
  EXPECT_EQ(error.code(), ERROR_RATE_LIMITED);
  EXPECT_EQ(error.retry_after_ms(), static_cast<uint32_t>(config.password.throttle.forget_after_ms));
  EXPECT_EQ(expect<IMLoginRes>(*client).result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  expect_end(*client);
  run_for(config.password.throttle.forget_after_ms);
  EXPECT_EQ(answer_to(login("alice")).result_code(), REFUSE_REASON_NONE);
}

TEST_F(LoginTest, a_guess_that_was_under_way_when_the_limit_was_reached_gets_no_answer_either) {
  fail_times(config.password.throttle.failures_per_account - 1, "alice");
  hold_hashing = true;
  const auto wrong = connect();
  wrong->send(login("alice", CLIENT_TYPE_WINDOWS, "wrong"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 1; }));
  const auto right = connect();
  right->send(login("alice"));
  ASSERT_TRUE(until([&] { return hashing.pending() == 2; }));
  hold_hashing = false;
  expect_error(*right, ERROR_RATE_LIMITED);
  EXPECT_EQ(users.local_users(), 0u);
}

TEST_F(LoginTest, a_connection_without_a_login_is_closed_at_the_deadline) {
  const auto client = connect();
  sync(*client);
  for (int i = 0; i < 15; ++i) run_for(1'000);
  client->receive();
  EXPECT_TRUE(client->ended());
}

TEST_F(LoginTest, one_connection_too_many_is_told_so) {
  config.client.max_connections = 1;
  const auto first = connect();
  sync(*first);
  const auto second = connect();
  EXPECT_EQ(expect<IMLoginRes>(*second).result_code(), REFUSE_REASON_MSG_SERVER_FULL);
  expect_end(*second);
  sync(*first);
}

TEST_F(LoginTest, one_address_does_not_get_all_places) {
  config.client.max_connections_per_address = 2;
  const auto first = connect();
  auto second = connect();
  sync(*first);
  sync(*second);
  EXPECT_EQ(expect<IMLoginRes>(*connect()).result_code(), REFUSE_REASON_MSG_SERVER_FULL);
  second->close();
  ASSERT_TRUE(until([&] { return port.connections() == 1; }));
  sync(*connect());
}

TEST_F(LoginTest, a_stranger_cannot_make_the_server_hold_a_long_pdu) {
  const auto client = connect();
  client->send(login("alice", CLIENT_TYPE_WINDOWS, std::string(config.client.max_pdu_before_login, 'x')));
  expect_end(*client);
}

TEST_F(LoginTest, for_a_stranger_who_does_not_read_4_kib_of_errors_wait_and_one_more_closes_it) {
  const size_t limit = config.client.max_queued_before_login;
  ASSERT_EQ(limit, 4'096u);
  const auto stranger = connect();
  ASSERT_TRUE(until([&] { return port.connections() == 1; }));
  transport.writes_block = true;
  size_t most = 0;
  size_t longest_error = 0;
  while (port.connections() == 1) {
    const size_t before = waiting_to_send();
    stranger->send(IM::Message::IMClientTimeReq());
    ASSERT_TRUE(until([&] { return waiting_to_send() > before || port.connections() == 0; }));
    longest_error = std::max(longest_error, std::max(before, waiting_to_send()) - before);
    most = std::max(most, waiting_to_send());
    ASSERT_LE(most, limit + longest_error);
  }
  EXPECT_GT(most, limit) << "so much is kept";
  EXPECT_EQ(reasons_of_closing(), std::vector{CloseReason::kSlowConsumer});
  run_for(2 * ConnectionTable::kLingerMs);
  EXPECT_EQ(connections.size(), 0u) << "though it never hears of it";
}

// The commands of a stranger's connection: a login, one that carries a file, the end, a heartbeat.
bool is_for_strangers(uint16_t command) {
  return command == kCommandOf<IMLoginReq> || command == kCommandOf<IM::File::IMFileLoginReq> ||
         command == kCommandOf<IM::Login::IMLogoutReq> || command == kCommandOf<IMHeartBeat>;
}

TEST_F(LoginTest, no_command_before_the_login_reaches_the_store_or_another_server) {
  constexpr uint32_t kAtOnce = 64;
  config.client.request_burst = 1'000'000;
  hold_store = hold_hashing = hold_disk = true;
  const auto stranger = connect();
  for (uint32_t begin = 0; begin < 0x10000; begin += kAtOnce) {
    size_t asked = 0;
    for (uint32_t command = begin; command < begin + kAtOnce; ++command) {
      if (is_for_strangers(static_cast<uint16_t>(command))) continue;
      stranger->send_raw(static_cast<uint16_t>(command));
      ++asked;
    }
    ASSERT_TRUE(until([&] {
      stranger->receive();
      return stranger->waiting<TbError>() == asked;
    })) << "from "
        << begin << " on";
    while (const auto error = stranger->take<TbError>()) ASSERT_EQ(error->code(), ERROR_NOT_LOGGED_IN);
  }
  // The four others, as empty as the rest.
  for (const uint16_t login : {kCommandOf<IMLoginReq>, kCommandOf<IM::File::IMFileLoginReq>}) {
    stranger->send_raw(login);
    expect_error(*stranger, ERROR_MALFORMED);
  }
  sync(*stranger);
  stranger->send(IM::Login::IMLogoutReq());
  expect<IM::Login::IMLogoutRsp>(*stranger);
  expect_end(*stranger);

  EXPECT_EQ(reads.pending() + writes.pending() + hashing.pending() + disk.pending(), 0u);
  EXPECT_EQ(store.pending_writes(), 0u);
  EXPECT_TRUE(bus.relayed.empty() && bus.to_groups.empty() && bus.to_watchers_of.empty());
  EXPECT_TRUE(bus.online.empty() && bus.offline.empty() && bus.kicks.empty() && bus.ends.empty());
  EXPECT_EQ(users.local_users(), 0u);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
