#include "msg_server/push/push_payload.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proto/base_define.pb.h"

namespace talkbeat {
namespace {

using namespace IM::BaseDefine;
using Json = nlohmann::json;

PushNotice notice() {
  return {.user = 7,
          .device = {"token-of-7", CLIENT_TYPE_IOS},
          .from = 3,
          .from_name = "Ann",
          .conversation = {ConversationKind::kSingle, 3},
          .msg_id = 12,
          .message_type = MSG_TYPE_SINGLE_TEXT,
          .created_at = 1'700'000'000,
          .unread = 4};
}

TEST(PushPayload, names_the_delivery_and_everything_of_a_push_but_the_text) {
  EXPECT_EQ(
      encode_pushes("00ff", std::vector{notice()}),
      R"({"delivery":"00ff","pushes":[{"user_id":7,"device_token":"token-of-7","platform":"ios","from_user_id":3,)"
      R"("from_name":"Ann","conversation":{"type":"single","id":3},"msg_id":12,"message_type":"text",)"
      R"("created_at":1700000000,"unread":4}]})");
}

TEST(PushPayload, a_group_audio_to_android_and_what_was_not_counted_is_left_out) {
  PushNotice push = notice();
  push.device.client_type = CLIENT_TYPE_ANDROID;
  push.conversation = {ConversationKind::kGroup, 55};
  push.message_type = MSG_TYPE_GROUP_AUDIO;
  push.unread.reset();
  const Json json = Json::parse(encode_pushes("1", std::vector{push}))["pushes"][0];
  EXPECT_EQ(json["platform"], "android");
  EXPECT_EQ(json["conversation"], (Json{{"type", "group"}, {"id", 55}}));
  EXPECT_EQ(json["message_type"], "audio");
  EXPECT_FALSE(json.contains("unread"));
}

TEST(PushPayload, a_name_of_any_bytes_makes_valid_json) {
  PushNotice push = notice();
  push.from_name = std::string("A\"\\\r\n\0\x1b\xff\xc3", 9) + "\xf0\x9f\x98\x80";
  const Json json = Json::parse(encode_pushes("1", std::vector{push}), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_NE(json["pushes"][0]["from_name"].get<std::string>().find("\xf0\x9f\x98\x80"), std::string::npos);
}

TEST(PushPayload, dead_tokens_are_taken_from_the_answer) {
  EXPECT_EQ(invalid_tokens(R"({"invalid_tokens":["a","b"]})"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(invalid_tokens(R"({"invalid_tokens":[1,null,"a",["b"],{}]})"), (std::vector<std::string>{"a"}));
}

TEST(PushPayload, an_answer_of_any_kind_does_no_harm) {
  for (const std::string answer :
       {"", "ok", "null", "[]", "{}", R"({"invalid_tokens":null})", R"({"invalid_tokens":7})",
        R"({"invalid_tokens":"abc"})", "{\"invalid_tokens\":[\"a\"", "\xff\xfe"}) {
    EXPECT_TRUE(invalid_tokens(answer).empty()) << answer;
  }
  EXPECT_TRUE(invalid_tokens(std::string(60'000, '[')).empty());
}

}  // namespace
}  // namespace talkbeat
