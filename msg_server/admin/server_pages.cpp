#include <algorithm>

#include "base/log.h"
#include "base/why_page.h"
#include "msg_server/admin/fields.h"
#include "msg_server/admin/json_records.h"
#include "msg_server/admin/pages.h"
#include "msg_server/ledger_check.h"
#include "msg_server/sessions.h"

namespace talkbeat::admin {

namespace {

const char* class_name(ClientClass client_class) {
  return client_class == ClientClass::kPc ? "pc" : "mobile";
}

// The stamp begins with the time of the login (LoginStamps). 0: it is only known that the session is there.
Json session_json(ClientClass client_class, const SessionInfo& session) {
  const bool known = session.login_stamp != 0;
  return {{"class", class_name(client_class)},
          {"client_type", known ? Json(session.client_type) : Json()},
          {"since", known ? Json(static_cast<int64_t>(session.login_stamp >> 16) / 1000) : Json()}};
}

/// The users' sessions as this server knows them, without their names.
Json online_users(const AdminCall& call, const std::vector<UserId>& users) {
  const UserDirectory& directory = call.server().users;
  Json list = Json::array();
  for (const UserId user : users) {
    Json sessions = Json::array();
    directory.for_each_session(user, [&](ClientClass client_class, const SessionInfo& session, bool here) {
      Json json = session_json(client_class, session);
      json["server"] = here ? Json(call.server().config.name) : Json();
      sessions.push_back(std::move(json));
    });
    list.push_back({{"id", user}, {"name", Json()}, {"sessions", std::move(sessions)}});
  }
  return list;
}

void add_names(Json& users, const std::vector<Profile>& profiles) {
  size_t at = 0;
  for (Json& user : users) {
    if (at < profiles.size() && profiles[at].id == user["id"].get<UserId>()) user["name"] = profiles[at++].name;
  }
}

std::optional<ClientClass> read_class(Fields& fields) {
  const auto word = fields.text("class", 16);
  if (!word) return std::nullopt;
  if (*word != "pc" && *word != "mobile") fields.refuse("class", R"("pc" or "mobile")");
  return *word == "pc" ? ClientClass::kPc : ClientClass::kMobile;
}

AdminResult no_fields(const AdminCall& call) {
  if (auto refused = Fields::of_query(call.request).refusal()) return refused;
  return Fields::of_body(call.request.body).refusal();
}

}  // namespace

AdminResult show_online(AdminCall& call) {
  Fields query = Fields::of_query(call.request);
  const Page page = read_page(query, call.settings().max_list);
  if (auto refused = query.refusal()) return refused;
  const std::vector<UserId> users = call.server().users.online_after(page.after, page.limit);
  Json json{{"server", call.server().config.name},
            {"users_here", call.server().users.local_users()},
            {"users", online_users(call, users)},
            {"next", users.size() == page.limit ? Json(users.back()) : Json()}};
  return answer_from_store(call, [users, json](Database& db) -> StoreResult<HttpResponse> {
    const auto profiles = db.profiles(users);
    if (!profiles.ok()) return profiles.error();
    Json complete = json;
    add_names(complete["users"], profiles.value());
    return json_answer(200, complete);
  });
}

AdminResult kick(AdminCall& call) {
  Fields fields = Fields::of_body(call.request.body);
  const UserRef user = fields.required_user("user");
  const auto only = read_class(fields);
  if (auto refused = fields.refusal()) return refused;
  MsgServerParts& server = call.server();
  server.store.read<UserId>([user](Database& db) { return find_user(db, user); },
                            [&server, user, only, reply = call.reply](const StoreResult<UserId>& id) {
                              if (!id.ok()) return reply(store_refusal(id.error()));
                              if (id.value() == 0) return reply(refusal(404, "no " + user.shown()));
                              const Presence presence = server.users.presence(id.value());
                              const bool online = only ? (*only == ClientClass::kPc ? presence.pc : presence.mobile)
                                                       : presence.online();
                              const size_t ended = server.sessions.end_everywhere(id.value(), only, EndReason::kKicked);
                              log_info("kicked_by_operator", {{"user", id.value()}, {"ended_here", ended}});
                              reply(json_answer(200, {{"id", id.value()},
                                                      {"was_online", online},
                                                      {"sessions_ended_here", ended},
                                                      {"others_told", server.bus.connected()}}));
                            });
  return std::nullopt;
}

AdminResult end_sessions(AdminCall& call) {
  Fields query = Fields::of_query(call.request);
  const uint32_t user = query.required_number("user", UINT32_MAX);
  if (auto refused = query.refusal()) return refused;
  const size_t ended = call.server().sessions.end_here(user, CloseReason::kRevoked);
  log_info("sessions_ended", {{"user", user}, {"ended", ended}});
  return json_answer(200, {{"ended", ended}});
}

AdminResult drain(AdminCall& call) {
  if (auto refused = no_fields(call)) return refused;
  call.parts.hooks.drain();
  return json_answer(200, {{"draining", true}});
}

AdminResult show_status(AdminCall& call) {
  if (auto refused = no_fields(call)) return refused;
  const MsgServerParts& server = call.server();
  Json json = Json::parse(call.parts.hooks.health(), nullptr, false);
  json["ready"] = call.parts.hooks.ready();
  json["users_online"] = server.users.online_users();
  json["broadcasts"] = call.parts.broadcasts.open();
  const Store::Stats& stats = server.store.stats();
  json["store"] = {{"pending_writes", server.store.pending_writes()},
                   {"writes", stats.writes},
                   {"batches", stats.batches},
                   {"failed_batches", stats.failed_batches},
                   {"busy", stats.busy}};
  return json_answer(200, json);
}

AdminResult show_ledger(AdminCall& call) {
  if (auto refused = no_fields(call)) return refused;
  const MsgServerParts& server = call.server();
  const LedgerSheet sheet = ledger_sheet(server);
  const auto began_at = server.ledger.began_at();
  Json entries = Json::object();
  for (size_t i = 0; i < kLedgerEntries; ++i) {
    entries[std::string(name_of(static_cast<LedgerEntry>(i)))] = sheet.entries[i];
  }
  return json_answer(200, {{"server", server.config.name},
                           {"balanced", balanced(sheet)},
                           {"entries", std::move(entries)},
                           {"in_store", sheet.in_store},
                           {"waiting", sheet.waiting},
                           {"began_at", began_at ? Json(*began_at) : Json()}});
}

AdminResult show_why(AdminCall& call) {
  return why_page(call.request, call.server().connections, call.parts.closed);
}

}  // namespace talkbeat::admin
