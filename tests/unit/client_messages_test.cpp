#include "tests/unit/client_harness.h"

namespace talkbeat {
namespace {

using IM::BaseDefine::CID_MSG_DATA;
using Texts = std::vector<std::string>;
using Ids = std::vector<uint32_t>;

class ClientMessages : public ClientHarness {
 protected:
  Texts bodies_at_server() {
    Texts bodies;
    for (const auto& message : server.stored[kBob]) bodies.push_back(message.body);
    return bodies;
  }
  void refuse_next(Connection& connection, const PduHeader& header, ErrorCode code, uint32_t retry_after_ms) {
    send_error(connection, header, Verdict::refused(code, "refused", retry_after_ms));
  }
};

TEST_F(ClientMessages, are_acked_in_order) {
  start();
  for (const char* text : {"a", "b", "c"}) client->send_text(kBob, text);
  ASSERT_TRUE(until([&] { return heard.sent.size() == 3; }));
  EXPECT_EQ(heard.sent, Ids({1, 2, 3}));
  EXPECT_EQ(bodies_at_server(), Texts({"a", "b", "c"}));
  EXPECT_EQ(client->info().unsent, 0u);
}

TEST_F(ClientMessages, that_begin_a_conversation_while_a_client_catches_up_are_shown) {
  int lists = 0;
  server.intercept = [&](Connection&, const PduHeader& header, std::span<const std::byte>) {
    const bool list = header.command_id == IM::BaseDefine::CID_MSG_UNREAD_CNT_REQUEST ||
                      header.command_id == IM::BaseDefine::CID_BUDDY_LIST_RECENT_CONTACT_SESSION_REQUEST;
    if (list && ++lists == 2) server.deliver(kBob, "between the two lists");
    return false;
  };
  start();
  ASSERT_TRUE(until_synced());
  EXPECT_TRUE(until([&] { return heard.texts == Texts({"2:between the two lists"}); }));
}

TEST_F(ClientMessages, stored_but_not_acked_are_stored_once) {
  start();
  ASSERT_TRUE(until_synced());
  server.lose_acks = true;
  for (const char* text : {"a", "b", "c"}) client->send_text(kBob, text);
  ASSERT_TRUE(until([&] { return bodies_at_server() == Texts({"a"}); }));
  server.lose_acks = false;
  server.drop_all();
  ASSERT_TRUE(until([&] { return heard.sent.size() == 3; }));
  ASSERT_TRUE(until_synced(2));
  EXPECT_EQ(heard.sent, Ids({1, 2, 3}));
  EXPECT_EQ(bodies_at_server(), Texts({"a", "b", "c"}));
  EXPECT_EQ(heard.texts, Texts()) << "our own message came back as another session's";
}

TEST_F(ClientMessages, of_another_device_behind_ones_own_that_begins_a_conversation_are_shown) {
  start();
  ASSERT_TRUE(until_synced());
  server.lose_acks = true;
  client->send_text(kBob, "first");
  ASSERT_TRUE(until([&] { return bodies_at_server() == Texts({"first"}); }));
  server.deliver(kBob, "from the phone", false, FakeServer::kUser);
  server.lose_acks = false;
  server.drop_all();
  ASSERT_TRUE(until_synced(2));
  EXPECT_EQ(heard.sent, Ids({1}));
  EXPECT_TRUE(until([&] { return heard.texts == Texts({"1:from the phone"}); }));
}

TEST_F(ClientMessages, lost_on_the_way_are_sent_again_in_order) {
  start();
  ASSERT_TRUE(until_synced());
  int seen = 0;
  server.intercept = [&](Connection& connection, const PduHeader& header, std::span<const std::byte>) {
    if (header.command_id != CID_MSG_DATA || ++seen % 2 == 0) return false;
    connection.close(CloseReason::kIoError);
    return true;
  };
  Texts texts;
  for (int i = 0; i < 10; ++i) {
    texts.push_back(std::to_string(i));
    client->send_text(kBob, texts.back());
  }
  ASSERT_TRUE(until([&] { return heard.sent.size() == texts.size(); }));
  EXPECT_EQ(bodies_at_server(), texts);
}

TEST_F(ClientMessages, given_while_offline_are_sent_later) {
  client = std::make_unique<Client>(network, options, heard);
  client->send_text(kBob, "early");
  EXPECT_EQ(client->info().unsent, 1u);
  client->start();
  EXPECT_TRUE(until([&] { return heard.sent == Ids({1}); }));
}

TEST_F(ClientMessages, refused_for_the_moment_keep_their_order) {
  int refusals = 0;
  server.intercept = [&](Connection& connection, const PduHeader& header, std::span<const std::byte>) {
    if (header.command_id != CID_MSG_DATA || refusals == 3) return false;
    refuse_next(connection, header, ++refusals == 1 ? ERROR_RATE_LIMITED : ERROR_BUSY, 10);
    return true;
  };
  start();
  for (const char* text : {"a", "b", "c"}) client->send_text(kBob, text);
  ASSERT_TRUE(until([&] { return heard.sent.size() == 3; }));
  EXPECT_EQ(refusals, 3);
  EXPECT_EQ(bodies_at_server(), Texts({"a", "b", "c"}));
}

TEST_F(ClientMessages, refused_for_good_are_reported_and_hold_nothing_back) {
  bool refused = false;
  server.intercept = [&](Connection& connection, const PduHeader& header, std::span<const std::byte>) {
    if (header.command_id != CID_MSG_DATA || refused) return false;
    refused = true;
    refuse_next(connection, header, ERROR_UNKNOWN_USER, 0);
    return true;
  };
  start();
  client->send_text(kBob, "a");
  client->send_text(kBob, "b");
  ASSERT_TRUE(until([&] { return heard.sent.size() == 1; }));
  EXPECT_EQ(heard.failed, Texts({"refused"}));
  EXPECT_EQ(bodies_at_server(), Texts({"b"}));
}

TEST_F(ClientMessages, past_the_bound_are_refused) {
  options.max_unsent = 2;
  client = std::make_unique<Client>(network, options, heard);
  EXPECT_NE(client->send_text(kBob, "a"), 0u);
  EXPECT_NE(client->send_text(kBob, "b"), 0u);
  EXPECT_EQ(client->send_text(kBob, "c"), 0u);
}

TEST_F(ClientMessages, live_ones_arrive_and_are_acked) {
  start();
  ASSERT_TRUE(until_synced());
  server.deliver(kBob, "hello");
  ASSERT_TRUE(until([&] { return heard.texts == Texts({"2:hello"}); }));
  EXPECT_TRUE(until([&] { return server.delivery_acks == 1; }));
}

TEST_F(ClientMessages, unread_ones_come_at_the_first_login_and_older_ones_do_not) {
  server.deliver(kBob, "old");
  server.read[kBob] = 1;
  server.deliver(kBob, "new");
  server.deliver(kBob, "mine", false, FakeServer::kUser);
  server.deliver(kBob, "newer");
  start();
  ASSERT_TRUE(until_synced());
  EXPECT_EQ(heard.unread, 2u);
  EXPECT_EQ(heard.texts, Texts({"2:new", "1:mine", "2:newer"}));
}

TEST_F(ClientMessages, many_unread_ones_come_page_by_page) {
  constexpr size_t kMany = 1'350;
  for (size_t i = 1; i <= kMany; ++i) server.deliver(kBob, std::to_string(i), false);
  server.page_limit = 70;
  start();
  ASSERT_TRUE(until_synced());
  ASSERT_EQ(heard.texts.size(), kMany);
  for (size_t i = 0; i < kMany; ++i) ASSERT_EQ(heard.texts[i], "2:" + std::to_string(i + 1));
}

// What a server keeps for a client that reads slowly has room for one page, whatever the number of conversations.
TEST_F(ClientMessages, of_many_conversations_are_asked_for_one_page_at_a_time) {
  constexpr uint32_t kPeers = 5;
  constexpr uint32_t kEach = 100;
  for (uint32_t peer = kBob; peer < kBob + kPeers; ++peer) {
    for (uint32_t i = 1; i <= kEach; ++i) server.deliver(peer, std::to_string(i), false);
  }
  uint32_t asked_for = 0;
  server.intercept = [&](Connection&, const PduHeader& header, std::span<const std::byte> body) {
    if (header.command_id != IM::BaseDefine::CID_MSG_LIST_REQUEST) return false;
    IM::Message::IMGetMsgListReq request;
    EXPECT_TRUE(request.ParseFromArray(body.data(), static_cast<int>(body.size())));
    asked_for += request.msg_cnt();
    return true;
  };
  start();
  ASSERT_TRUE(until([&] { return asked_for > 0; }));
  client->send_text(kBob, "behind all that it asks for");
  ASSERT_TRUE(until([&] { return heard.sent.size() == 1; }));
  EXPECT_LE(asked_for, kEach);
  server.intercept = nullptr;
  server.drop_all();
  ASSERT_TRUE(until_synced());
  EXPECT_EQ(heard.texts.size(), size_t{kPeers} * kEach);
}

TEST_F(ClientMessages, missed_ones_come_in_order_after_the_reconnect) {
  start();
  ASSERT_TRUE(until_synced());
  server.deliver(kBob, "1");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 1; }));
  server.drop_all();
  Texts expected = {"2:1"};
  for (int i = 2; i <= 250; ++i) {
    server.deliver(kBob, std::to_string(i), false);
    expected.push_back("2:" + std::to_string(i));
  }
  server.read[kBob] = 250;  // read elsewhere: in no unread count
  ASSERT_TRUE(until_synced(2));
  server.deliver(kBob, "live");
  expected.push_back("2:live");
  ASSERT_TRUE(until([&] { return heard.texts.size() == expected.size(); }));
  EXPECT_EQ(heard.texts, expected);
}

TEST_F(ClientMessages, a_gap_is_fetched_before_what_lies_behind_it) {
  start();
  ASSERT_TRUE(until_synced());
  server.deliver(kBob, "1");
  server.deliver(kBob, "2", false);
  server.deliver(kBob, "3", false);
  server.deliver(kBob, "4");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 4; }));
  EXPECT_EQ(heard.texts, Texts({"2:1", "2:2", "2:3", "2:4"}));
  EXPECT_EQ(server.pages, 1);
}

TEST_F(ClientMessages, that_come_twice_are_shown_once) {
  start();
  ASSERT_TRUE(until_synced());
  server.deliver(kBob, "1");
  server.send_live(kBob, 1);
  server.deliver(kBob, "2");
  server.send_live(kBob, 1);
  server.deliver(kBob, "3");
  ASSERT_TRUE(until([&] { return heard.texts.size() >= 3; }));
  EXPECT_EQ(heard.texts, Texts({"2:1", "2:2", "2:3"}));
}

// Both write at once, in a conversation that is new: our ack overtakes what the peer wrote before.
TEST_F(ClientMessages, that_were_overtaken_by_the_ack_of_our_first_one_arrive) {
  start();
  ASSERT_TRUE(until_synced());
  server.deliver(kBob, "1", false);
  server.deliver(kBob, "2", false);
  client->send_text(kBob, "3");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 2; }));
  server.deliver(kBob, "4");
  ASSERT_TRUE(until([&] { return heard.texts.size() == 3; }));
  EXPECT_EQ(heard.texts, Texts({"2:1", "2:2", "2:4"}));
}

TEST_F(ClientMessages, that_are_history_do_not_come_with_a_conversation_that_begins_again) {
  for (const char* text : {"1", "2", "3"}) server.deliver(kBob, text);
  server.read[kBob] = 3;
  server.hides_recent = true;
  start();
  ASSERT_TRUE(until_synced());
  server.deliver(kBob, "4");
  server.deliver(kBob, "5");
  ASSERT_TRUE(until([&] { return heard.texts.size() >= 2; }));
  EXPECT_EQ(heard.texts, Texts({"2:4", "2:5"}));
}

TEST_F(ClientMessages, of_a_conversation_that_begins_again_with_our_own_one_arrive) {
  for (const char* text : {"1", "2", "3"}) server.deliver(kBob, text);
  server.read[kBob] = 3;
  server.hides_recent = true;
  start();
  ASSERT_TRUE(until_synced());
  client->send_text(kBob, "4");
  ASSERT_TRUE(until([&] { return heard.sent.size() == 1; }));
  server.deliver(kBob, "5");
  ASSERT_TRUE(until([&] { return !heard.texts.empty(); }));
  EXPECT_EQ(heard.texts, Texts({"2:5"}));
}

TEST_F(ClientMessages, of_another_own_session_arrive_too) {
  start();
  ASSERT_TRUE(until_synced());
  server.deliver(kBob, "from my phone", true, FakeServer::kUser);
  EXPECT_TRUE(until([&] { return heard.texts == Texts({"1:from my phone"}); }));
  EXPECT_EQ(server.delivery_acks, 0);
}

TEST_F(ClientMessages, both_ways_at_once_stay_in_order) {
  start();
  ASSERT_TRUE(until_synced());
  Texts expected;
  for (int i = 0; i < 50; ++i) {
    client->send_text(kBob, "out");
    loop.turn(0);
    server.deliver(kBob, std::to_string(i));
    expected.push_back("2:" + std::to_string(i));
    if (i % 20 == 10) server.drop_all();
  }
  ASSERT_TRUE(until([&] { return heard.texts.size() >= expected.size() && heard.sent.size() >= 50; }));
  EXPECT_EQ(heard.texts, expected);
  EXPECT_EQ(server.stored[kBob].size(), 100u);
}

TEST_F(ClientMessages, read_marks_reach_the_server_also_when_set_offline) {
  server.deliver(kBob, "1");
  server.deliver(kBob, "2");
  client = std::make_unique<Client>(network, options, heard);
  client->mark_read({IM::BaseDefine::SESSION_TYPE_SINGLE, kBob}, 1);
  client->start();
  ASSERT_TRUE(until_synced());
  client->mark_read({IM::BaseDefine::SESSION_TYPE_SINGLE, kBob}, 2);
  EXPECT_TRUE(until([&] { return server.read[kBob] == 2; }));
}

}  // namespace
}  // namespace talkbeat
