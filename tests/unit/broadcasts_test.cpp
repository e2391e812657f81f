#include "msg_server/admin/broadcasts.h"

#include <gmock/gmock.h>

#include "tests/unit/admin_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class BroadcastsTest : public AdminTest {
 protected:
  BroadcastsTest() {
    for (int i = 0; i < 7; ++i) add_user("user" + std::to_string(i));
  }
  Answer post(const std::string& id, const std::string& text = "hello") {
    return ask("POST", "/api/broadcast", {{"id", id}, {"text", text}});
  }
  Json progress(const std::string& id) { return ask("GET", "/api/broadcast/" + id).json; }
  Json await_end(const std::string& id) {
    Json now;
    for (int i = 0; i < 200; ++i) {
      now = progress(id);
      if (now["state"] == "done") return now;
      run_for(admin::Broadcasts::kRetryMs);
    }
    ADD_FAILURE() << "it has not ended: " << now;
    return now;
  }
};

TEST_F(BroadcastsTest, everybody_gets_it_once) {
  add("late");
  ask("POST", "/api/users/late/disable");
  const auto client = log_in("user3");
  const Answer begun = post("one");
  EXPECT_EQ(begun.status, 202);
  const Json done = await_end("one");
  EXPECT_EQ(done["sent"], 7) << "not the disabled one, and not the system user";
  EXPECT_EQ(done["already"], 0);
  EXPECT_EQ(expect<IMMsgData>(*client).msg_data(), "hello");
  sync(*client);
  EXPECT_EQ(client->waiting<IMMsgData>(), 0u);
  for (UserId user = 1; user <= 7; ++user) EXPECT_EQ(database->unread(user).value().size(), 1u) << user;
}

TEST_F(BroadcastsTest, the_same_id_again_reaches_only_those_who_have_come_since) {
  post("one");
  await_end("one");
  add("newcomer");
  post("one");
  const Json done = await_end("one");
  EXPECT_EQ(done["sent"], 1);
  EXPECT_EQ(done["already"], 7);
  EXPECT_EQ(database->unread(1).value().front().count, 1u);
}

TEST_F(BroadcastsTest, after_a_crash_another_server_goes_on_with_the_same_id) {
  post("one");
  await_end("one");
  admin::Broadcasts other(parts, metrics);  // knows nothing of the first one
  const UserId system = ask("GET", "/api/users/system").json["id"];
  ASSERT_EQ(other.start({"one", "hello", system}), admin::Broadcasts::Start::kBegun);
  for (int i = 0; i < 100 && other.open() > 0; ++i) {
    run_for(100);
    for (int turns = 0; turns < 10; ++turns) step();
  }
  ASSERT_NE(other.find("one"), nullptr);
  EXPECT_EQ(other.find("one")->sent, 0u);
  EXPECT_EQ(other.find("one")->already, 7u);
}

TEST_F(BroadcastsTest, another_text_under_the_same_id_is_refused) {
  post("one");
  EXPECT_EQ(post("one", "another").status, 409);
  EXPECT_EQ(post("one").status, 202) << "it runs already";
  await_end("one");
  EXPECT_EQ(post("one", "another").status, 409);
  EXPECT_EQ(post("two", "another").status, 202);
  EXPECT_EQ(await_end("two")["sent"], 7);
}

TEST_F(BroadcastsTest, they_run_one_after_the_other_and_no_more_than_a_few_wait) {
  for (size_t i = 0; i < admin::Broadcasts::kMaxOpen; ++i) {
    EXPECT_EQ(post("b" + std::to_string(i)).status, 202) << i;
  }
  EXPECT_EQ(post("one-too-many").status, 503);
  EXPECT_EQ(progress("b0")["state"], "running");
  EXPECT_EQ(progress("b9")["state"], "waiting");
  EXPECT_EQ(await_end("b9")["sent"], 7);
  EXPECT_EQ(database->unread(1).value().front().count, admin::Broadcasts::kMaxOpen);
}

TEST_F(BroadcastsTest, a_store_that_refuses_is_asked_again) {
  const UserId system = ask("GET", "/api/users?name=system").json.value("id", UserId{0});
  EXPECT_EQ(system, 0u);
  post("one");
  hold_store = true;
  for (int i = 0; i < 20; ++i) store.write<Done>([](Database&) { return Done(); }, [](StoreResult<Done>) {});
  run_for(3'000);
  hold_store = false;
  EXPECT_EQ(await_end("one")["sent"], 7);
  EXPECT_EQ(database->unread(1).value().front().count, 1u);
}

TEST_F(BroadcastsTest, a_server_that_leaves_begins_none) {
  draining = true;
  EXPECT_EQ(post("one").status, 503);
}

TEST_F(BroadcastsTest, what_is_wrong_is_said) {
  EXPECT_EQ(ask("POST", "/api/broadcast", {{"text", "x"}}).json["field"], "id");
  EXPECT_EQ(post("a b").json["field"], "id");
  EXPECT_EQ(post("one", "").json["field"], "text");
  EXPECT_EQ(ask("GET", "/api/broadcast/unknown").status, 404);
}

TEST(MessageKey, differs_by_purpose_id_and_receiver) {
  using admin::message_key;
  EXPECT_EQ(message_key("a", "b", 1), message_key("a", "b", 1));
  EXPECT_NE(message_key("a", "b", 1), message_key("a", "b", 2));
  EXPECT_NE(message_key("a", "b", 1), message_key("a", "c", 1));
  EXPECT_NE(message_key("a", "b", 1), message_key("c", "b", 1));
}

}  // namespace
}  // namespace talkbeat::msg_server_test
