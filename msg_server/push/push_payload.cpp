#include "msg_server/push/push_payload.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "proto/base_define.pb.h"

namespace talkbeat {

namespace {

using Json = nlohmann::ordered_json;

const char* platform_of(uint32_t client_type) {
  return client_type == IM::BaseDefine::CLIENT_TYPE_IOS ? "ios" : "android";
}

// Group messages have the same types with one bit more.
const char* word_for_type(uint8_t message_type) {
  return (message_type & 0x0f) == IM::BaseDefine::MSG_TYPE_SINGLE_AUDIO ? "audio" : "text";
}

Json to_json(const PushNotice& push) {
  const bool group = push.conversation.kind == ConversationKind::kGroup;
  Json json{{"user_id", push.user},
            {"device_token", push.device.token},
            {"platform", platform_of(push.device.client_type)},
            {"from_user_id", push.from},
            {"from_name", push.from_name},
            {"conversation", {{"type", group ? "group" : "single"}, {"id", push.conversation.peer}}},
            {"msg_id", push.msg_id},
            {"message_type", word_for_type(push.message_type)},
            {"created_at", push.created_at}};
  if (push.unread) json["unread"] = *push.unread;
  return json;
}

}  // namespace

std::string encode_pushes(std::string_view delivery_id, std::span<const PushNotice> pushes) {
  Json body{{"delivery", delivery_id}, {"pushes", Json::array()}};
  for (const PushNotice& push : pushes) body["pushes"].push_back(to_json(push));
  return json_text(body);
}

std::vector<std::string> invalid_tokens(std::string_view answer) {
  const Json json = Json::parse(answer, nullptr, false);
  std::vector<std::string> tokens;
  if (!json.is_object() || !json.contains("invalid_tokens") || !json["invalid_tokens"].is_array()) return tokens;
  for (const Json& token : json["invalid_tokens"]) {
    if (token.is_string()) tokens.push_back(token.get<std::string>());
  }
  return tokens;
}

}  // namespace talkbeat
