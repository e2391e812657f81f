#include "tools/talkctl/http_call.h"

#include <gtest/gtest.h>

#include "tools/talkctl/admin_client.h"

namespace talkbeat {
namespace {

TEST(HttpCall, nobody_listening_is_not_reached) {
  const HttpOutcome outcome = http_call({"127.0.0.1", 1}, {.path = "/"});
  EXPECT_FALSE(outcome.reached);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.why, "");
}

TEST(UrlEncoded, leaves_nothing_that_a_path_would_be_cut_at) {
  EXPECT_EQ(url_encoded("alice-1_2.3"), "alice-1_2.3");
  EXPECT_EQ(url_encoded("a/b ?#%\xc3\xa9"), "a%2Fb%20%3F%23%25%C3%A9");
}

TEST(UserJson, is_an_id_behind_a_number_sign_and_else_a_name) {
  EXPECT_EQ(user_json("#17"), 17);
  EXPECT_EQ(user_json("alice"), "alice");
  EXPECT_EQ(user_json("17"), "17");
  EXPECT_EQ(user_json("#"), "#");
  EXPECT_EQ(user_json("#x1"), "#x1");
}

}  // namespace
}  // namespace talkbeat
