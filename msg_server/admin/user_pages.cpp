#include "msg_server/admin/fields.h"
#include "msg_server/admin/json_records.h"
#include "msg_server/admin/pages.h"
#include "msg_server/admin/password_hashing.h"
#include "msg_server/profile_news.h"

namespace talkbeat::admin {

namespace {

constexpr size_t kMaxUserName = 64;
constexpr size_t kMaxProfileText = 256;
constexpr size_t kMaxPassword = 1'024;

HttpResponse no_such_user(const UserRef& user) {
  return refusal(404, "no " + user.shown(), "a user in the path is an id (digits) or a login name");
}

ProfileEdit read_profile(Fields& fields, const ProfileSettings& limits) {
  ProfileEdit edit;
  edit.gender = fields.number("gender", 2);
  edit.nick = fields.plain("nick", kMaxProfileText);
  edit.real_name = fields.plain("real_name", kMaxProfileText);
  edit.avatar_url = fields.plain("avatar_url", limits.max_avatar_url);
  edit.department_id = fields.number("department", UINT32_MAX);
  edit.email = fields.plain("email", kMaxProfileText);
  edit.phone = fields.plain("phone", kMaxProfileText);
  edit.sign_info = fields.plain("sign_info", limits.max_sign_info);
  return edit;
}

bool is_empty(const ProfileEdit& edit) {
  return !edit.gender && !edit.nick && !edit.real_name && !edit.avatar_url && !edit.department_id && !edit.email &&
         !edit.phone && !edit.sign_info;
}

StoreResult<std::optional<HttpResponse>> check_department(Database& db, const ProfileEdit& edit) {
  if (edit.department_id.value_or(0) == 0) return std::optional<HttpResponse>();
  const auto departments = all_departments(db);
  if (!departments.ok()) return departments.error();
  for (const Department& department : departments.value()) {
    if (department.id == *edit.department_id && !department.deleted) return std::optional<HttpResponse>();
  }
  return std::optional(refusal(422, "no department " + std::to_string(*edit.department_id), "GET /api/departments"));
}

/// A page of users, or with ?name= one user.
StoreResult<HttpResponse> users_page(Database& db, UserId after, size_t limit) {
  const auto users = db.users_after(after, limit);
  if (!users.ok()) return users.error();
  Json list = Json::array();
  for (const Profile& user : users.value()) list.push_back(to_json(user));
  const bool more = users.value().size() == limit;
  return json_answer(200, {{"users", std::move(list)}, {"next", more ? Json(users.value().back().id) : Json()}});
}

AdminResult answer_user(const AdminCall& call, const UserRef& user) {
  return answer_from_store(call, [user](Database& db) -> StoreResult<HttpResponse> {
    const auto profile = find_profile(db, user);
    if (!profile.ok()) return profile.error();
    return profile.value() ? json_answer(200, to_json(*profile.value())) : no_such_user(user);
  });
}

StoreResult<HttpResponse> store_user(Database& db, const NewUser& user, const ProfileEdit& edit, int64_t now) {
  const auto no_department = check_department(db, edit);
  if (!no_department.ok()) return no_department.error();
  if (no_department.value()) return *no_department.value();
  const auto id = db.add_user(user, now);
  if (!id.ok()) return id.error();
  if (!is_empty(edit)) {
    if (const auto edited = db.edit_profile(id.value(), edit, now); !edited.ok()) return edited.error();
  }
  return json_answer(201, {{"id", id.value()}, {"name", user.name}});
}

StoreResult<Checked<UserId>> change_profile(Database& db, const UserRef& user, const ProfileEdit& edit, int64_t now) {
  const auto id = find_user(db, user);
  if (!id.ok()) return id.error();
  if (id.value() == 0) return Checked<UserId>{0, no_such_user(user)};
  const auto no_department = check_department(db, edit);
  if (!no_department.ok()) return no_department.error();
  if (no_department.value()) return Checked<UserId>{0, no_department.value()};
  if (const auto edited = db.edit_profile(id.value(), edit, now); !edited.ok()) return edited.error();
  return Checked<UserId>{id.value()};
}

}  // namespace

AdminResult list_users(AdminCall& call) {
  Fields query = Fields::of_query(call.request);
  const auto user = query.user("name");
  const Page page = read_page(query, call.settings().max_list);
  if (auto refused = query.refusal()) return refused;
  if (user) return answer_user(call, *user);
  return answer_from_store(call, [page](Database& db) { return users_page(db, page.after, page.limit); });
}

AdminResult show_user(AdminCall& call) {
  if (auto refused = Fields::of_query(call.request).refusal()) return refused;
  return answer_user(call, user_in_path(call.id));
}

AdminResult add_user(AdminCall& call) {
  Fields fields = Fields::of_body(call.request.body);
  NewUser user;
  user.name = fields.required_plain("name", kMaxUserName);
  const std::string password = fields.required_text("password", kMaxPassword);
  const ProfileEdit edit = read_profile(fields, call.server().config.profile);
  if (auto refused = fields.refusal()) return refused;
  MsgServerParts& server = call.server();
  const auto store = [&server, reply = call.reply, user, edit](const std::string& hash) {
    NewUser complete = user;
    const int64_t now = server.loop.unix_seconds();  // the hash may have waited for long
    complete.password_hash = hash;
    server.store.write<HttpResponse>(
        [complete, edit, now](Database& db) { return store_user(db, complete, edit, now); },
        [reply](const StoreResult<HttpResponse>& made) {
          reply(made.ok() ? made.value() : store_refusal(made.error()));
        });
  };
  return hash_then(call, password, store);
}

AdminResult edit_user(AdminCall& call) {
  Fields fields = Fields::of_body(call.request.body);
  const ProfileEdit edit = read_profile(fields, call.server().config.profile);
  if (auto refused = fields.refusal()) return refused;
  MsgServerParts& server = call.server();
  const UserRef user = user_in_path(call.id);
  server.store.write<Checked<UserId>>(
      [user, edit, now = call.now()](Database& db) { return change_profile(db, user, edit, now); },
      unless_refused<UserId>(call.reply, [&server, edit, reply = call.reply](UserId id) {
        tell_of_profile(server, id, edit);
        reply(json_answer(200, {{"id", id}}));
      }));
  return std::nullopt;
}

}  // namespace talkbeat::admin
