#include "msg_server/push/push_sender.h"

#include "tests/unit/push_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class PushSenderTest : public PushFixture {
 protected:
  PushSenderTest() {
    settings.url = gateway.url();
    make();
  }
  void make() {
    sender = std::make_unique<PushSender>(loop, store, rng, settings, PushSecret(kKey), metrics,
                                          [this](const PushNotice& each) { return !online.contains(each.user); });
  }
  static PushNotice notice(UserId user, const std::string& token = "token") {
    PushNotice made;
    made.user = user;
    made.device = {token, CLIENT_TYPE_IOS};
    return made;
  }
  void add(size_t count) {
    for (size_t i = 0; i < count; ++i) sender->add({notice(static_cast<UserId>(i + 1))});
  }
  bool requests_come(size_t count) {
    return push_until([&] { return gateway.requests.size() >= count; });
  }
  double sent() { return metrics.counter("talkbeat_pushes_sent_total", "").value(); }
  double requests(const std::string& outcome) {
    return metrics.counter("talkbeat_push_requests_total", "", {{"outcome", outcome}}).value();
  }
  bool all_sent(double count) {
    return push_until([&] { return sent() >= count; });
  }

  static constexpr const char* kKey = "0123456789abcdef";
  FakeGateway gateway{loop, connections};
  std::set<UserId> online;
  std::unique_ptr<PushSender> sender;
};

TEST_F(PushSenderTest, pushes_are_gathered_and_sent_in_one_signed_request) {
  sender->add({notice(1), notice(2)});
  clock.advance(5);
  sender->add({notice(3)});
  ASSERT_TRUE(all_sent(3));
  ASSERT_EQ(gateway.requests.size(), 1u);
  const auto& request = gateway.requests[0];
  EXPECT_EQ(request.pushes(), 3u);
  EXPECT_EQ(request.delivery().size(), 32u);
  EXPECT_EQ(request.signature, PushSecret(kKey).sign(request.body, clock.unix_seconds()));
  EXPECT_EQ(requests("sent"), 1);
}

TEST_F(PushSenderTest, a_full_batch_does_not_wait_for_more) {
  settings.gather_ms = 60'000;
  settings.max_batch = 10;
  sender->settings_changed();
  add(25);
  ASSERT_TRUE(all_sent(20));
  EXPECT_EQ(gateway.requests.size(), 2u);
  EXPECT_EQ(sender->waiting(), 5u);
  clock.advance(60'000);
  EXPECT_TRUE(all_sent(25));
}

TEST_F(PushSenderTest, what_the_gateway_could_not_take_comes_again_with_the_same_id_and_body) {
  gateway.script = {answer_with(503), answer_with(429), answer_with(500)};
  add(2);
  ASSERT_TRUE(all_sent(2));
  ASSERT_EQ(gateway.requests.size(), 4u);
  for (const auto& request : gateway.requests) EXPECT_EQ(request.body, gateway.requests[0].body);
  EXPECT_EQ(requests("failed"), 3);
}

TEST_F(PushSenderTest, what_the_gateway_refuses_is_dropped_and_not_said_again) {
  gateway.script = {answer_with(400), answer_with(302)};
  sender->add({notice(1)});
  ASSERT_TRUE(push_until([&] { return dropped("refused") == 1; }));
  sender->add({notice(2)});
  ASSERT_TRUE(push_until([&] { return dropped("refused") == 2; }));
  sender->add({notice(3)});
  ASSERT_TRUE(all_sent(1));
  EXPECT_EQ(gateway.requests.size(), 3u);
}

TEST_F(PushSenderTest, after_the_last_try_it_gives_up) {
  settings.max_tries = 3;
  sender->settings_changed();
  gateway.script = {answer_with(500), answer_with(500), answer_with(500)};
  add(2);
  ASSERT_TRUE(push_until([&] { return dropped("gave_up") == 2; }));
  push_for(200);
  EXPECT_EQ(gateway.requests.size(), 3u);
  EXPECT_TRUE(sender->settled());
}

TEST_F(PushSenderTest, no_more_requests_at_once_than_allowed_and_the_rest_gathers) {
  settings.max_requests = 2;
  settings.max_batch = 1;
  settings.max_queued = 10;
  sender->settings_changed();
  gateway.hold = true;
  add(20);
  ASSERT_TRUE(requests_come(2));
  push_for(100);
  EXPECT_EQ(gateway.requests.size(), 2u);
  EXPECT_EQ(sender->waiting(), 10u);
  EXPECT_EQ(dropped("overflow"), 8);
  EXPECT_FALSE(sender->settled());
  gateway.hold = false;
  for (const auto& request : std::vector(gateway.requests)) gateway.answer(request);
  EXPECT_TRUE(all_sent(12));
}

TEST_F(PushSenderTest, a_gateway_that_does_not_answer_in_time_has_failed) {
  settings.timeout_ms = 300;
  gateway.hold = true;
  add(1);
  ASSERT_TRUE(push_until([&] { return requests("failed") == 1; }));
  gateway.hold = false;
  EXPECT_TRUE(all_sent(1));
}

TEST_F(PushSenderTest, whoever_has_come_online_while_it_gathered_is_left_out) {
  add(3);
  online = {1, 3};
  ASSERT_TRUE(all_sent(1));
  EXPECT_EQ(gateway.requests.at(0).json()["pushes"][0]["user_id"], 2);
  EXPECT_EQ(dropped("came_online"), 2);
  online = {1, 2, 3};
  add(3);
  ASSERT_TRUE(push_until([&] { return dropped("came_online") == 5; }));
  EXPECT_EQ(gateway.requests.size(), 1u);
}

TEST_F(PushSenderTest, devices_that_the_gateway_calls_dead_are_forgotten_but_no_others) {
  const UserId ann = add_user("ann");
  const UserId ben = add_user("ben");
  const UserId cid = add_user("cid");
  give_device(ann, "dead");
  give_device(ben, "new one of ben");
  give_device(cid, "of cid");
  gateway.script = {{200, "application/json", R"({"invalid_tokens":["dead","old one of ben","of nobody","of cid"]})"}};
  sender->add({notice(ann, "dead"), notice(ben, "old one of ben")});
  ASSERT_TRUE(push_until([&] { return token_of(ann).empty(); }));
  EXPECT_EQ(token_of(ben), "new one of ben");
  EXPECT_EQ(token_of(cid), "of cid");  // it was not part of this request
}

TEST_F(PushSenderTest, in_a_hurry_nothing_is_gathered_and_it_has_settled_when_all_has_left) {
  settings.gather_ms = 60'000;
  sender->settings_changed();
  EXPECT_TRUE(sender->settled());
  add(3);
  EXPECT_FALSE(sender->settled());
  sender->hurry();
  ASSERT_TRUE(push_until([&] { return sender->settled(); }));
  EXPECT_EQ(sent(), 3);
}

TEST_F(PushSenderTest, in_a_hurry_nobody_waits_for_a_gateway_that_is_away) {
  settings.url = "http://127.0.0.1:1/";
  settings.backoff = {.first_ms = 3'600'000, .max_ms = 3'600'000};
  sender->settings_changed();
  settings.max_batch = 1;
  add(10);
  sender->hurry();
  EXPECT_TRUE(push_until([&] { return sender->settled(); }));
  EXPECT_EQ(sent(), 0);
}

TEST_F(PushSenderTest, it_may_go_away_while_requests_are_on_their_way) {
  gateway.hold = true;
  add(3);
  ASSERT_TRUE(requests_come(1));
  sender.reset();
  push_for(50);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
