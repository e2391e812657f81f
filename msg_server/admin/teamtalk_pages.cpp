#include "base/key_file.h"
#include "msg_server/admin/fields.h"
#include "msg_server/admin/pages.h"
#include "msg_server/groups/group_changes.h"

// What TeamTalk's http_msg_server offers, as its callers know it: the key stands in the body, errors come as error_code
// beside HTTP's 200, users are ids.
namespace talkbeat::admin {

namespace {

constexpr size_t kMaxAppKey = 128;

enum class QueryError { kNone = 0, kBadRequest = 1, kServer = 2, kRefused = 3, kNoKey = 4 };

HttpResponse query_answer(QueryError error, const std::string& why, std::optional<GroupId> group = std::nullopt) {
  Json json{{"error_code", static_cast<int>(error)}, {"error_msg", why}};
  if (group) json["group_id"] = *group;
  return json_answer(error == QueryError::kNoKey ? 401 : 200, json);
}

HttpResponse query_refusal(StoreError error) {
  const bool ours = error == StoreError::kBusy || error == StoreError::kUnavailable;
  const Json json = Json::parse(store_refusal(error).body);
  return query_answer(ours ? QueryError::kServer : QueryError::kRefused, json["error"].get<std::string>());
}

/// What both calls have in common. The header's key has been looked at before, where there was one.
std::optional<HttpResponse> read_key(const AdminCall& call, Fields& fields) {
  const std::string given = fields.text("app_key", kMaxAppKey).value_or("");
  if (call.request.headers.contains("authorization") || same_bytes(given, call.parts.key)) return std::nullopt;
  return query_answer(QueryError::kNoKey, "app_key: not the administration's key");
}

AdminResult bad_request(const Fields& fields) {
  const auto refused = fields.refusal();
  if (!refused) return std::nullopt;
  return query_answer(QueryError::kBadRequest, Json::parse(refused->body)["error"].get<std::string>());
}

std::vector<UserId> read_ids(Fields& fields, size_t max) {
  std::vector<UserId> ids;
  if (!fields.has("user_id_list")) fields.refuse("user_id_list", "is missing");
  for (const UserRef& user : fields.users("user_id_list", max)) {
    if (user.id == 0) fields.refuse("user_id_list", "must be an array of numbers");
    ids.push_back(user.id);
  }
  return ids;
}

}  // namespace

AdminResult query_create_group(AdminCall& call) {
  MsgServerParts& server = call.server();
  Fields fields = Fields::of_body(call.request.body);
  if (auto refused = read_key(call, fields)) return refused;
  NewGroup group;
  group.creator = fields.required_number("req_user_id", UINT32_MAX);
  group.name = fields.required_plain("group_name", server.config.groups.max_name);
  const uint32_t kind = fields.required_number("group_type", 2);
  if (kind == 0) fields.refuse("group_type", "1 (normal) or 2 (temporary)");
  group.kind = static_cast<GroupKind>(kind);
  group.avatar_url = fields.plain("group_avatar", server.config.profile.max_avatar_url).value_or("");
  group.max_members = server.config.groups.max_members;
  group.members = read_ids(fields, group.max_members);
  if (auto refused = bad_request(fields)) return refused;
  create_group(server, group, ConnId::kNone, [reply = call.reply](const StoreResult<GroupChanged>& created) {
    if (!created.ok()) return reply(query_refusal(created.error()));
    reply(query_answer(QueryError::kNone, "", created.value().now.group.id));
  });
  return std::nullopt;
}

// Whoever has the key may change any group; req_user_id is asked for and not looked at.
AdminResult query_change_members(AdminCall& call) {
  MsgServerParts& server = call.server();
  Fields fields = Fields::of_body(call.request.body);
  if (auto refused = read_key(call, fields)) return refused;
  fields.required_number("req_user_id", UINT32_MAX);
  const uint32_t type = fields.required_number("modify_type", 2);
  if (type == 0) fields.refuse("modify_type", "1 (add) or 2 (remove)");
  MemberChange change;
  change.group = fields.required_number("group_id", UINT32_MAX);
  change.add = type == 1;
  change.max_members = server.config.groups.max_members;
  change.users = read_ids(fields, change.max_members);
  if (auto refused = bad_request(fields)) return refused;
  change_members(server, change, ConnId::kNone, [reply = call.reply](const StoreResult<GroupChanged>& changed) {
    if (!changed.ok()) return reply(query_refusal(changed.error()));
    reply(query_answer(QueryError::kNone, ""));
  });
  return std::nullopt;
}

}  // namespace talkbeat::admin
