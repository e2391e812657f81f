#include "base/log.h"
#include "msg_server/admin/fields.h"
#include "msg_server/admin/pages.h"
#include "msg_server/admin/password_hashing.h"
#include "msg_server/sessions.h"

namespace talkbeat::admin {

namespace {

constexpr size_t kMaxPassword = 1'024;

using AccountWrite = std::function<StoreResult<Done>(Database&, UserId)>;

StoreResult<Checked<UserId>> write_account(Database& db, const UserRef& user, const AccountWrite& write) {
  const auto id = find_user(db, user);
  if (!id.ok()) return id.error();
  if (id.value() == 0) {
    return Checked<UserId>{0, refusal(404, "no " + user.shown(), "a user in the path is an id (digits) or a name")};
  }
  if (const auto done = write(db, id.value()); !done.ok()) return done.error();
  return Checked<UserId>{id.value()};
}

/// Changes the account, and then ends the user's sessions on all servers.
void take_rights(MsgServerParts& server, const Reply& reply, const UserRef& user, AccountWrite write) {
  server.store.write<Checked<UserId>>(
      [user, write = std::move(write)](Database& db) { return write_account(db, user, write); },
      unless_refused<UserId>(reply, [&server, reply](UserId id) {
        const size_t ended = server.sessions.end_everywhere(id, std::nullopt, EndReason::kRevoked);
        log_info("sessions_ended", {{"user", id}, {"ended_here", ended}});
        reply(json_answer(200, {{"id", id}, {"sessions_ended_here", ended}, {"others_told", server.bus.connected()}}));
      }));
}

AdminResult no_fields(const AdminCall& call) {
  if (auto refused = Fields::of_query(call.request).refusal()) return refused;
  return Fields::of_body(call.request.body).refusal();
}

}  // namespace

AdminResult set_password(AdminCall& call) {
  Fields fields = Fields::of_body(call.request.body);
  const std::string password = fields.required_text("password", kMaxPassword);
  if (auto refused = fields.refusal()) return refused;
  const auto store = [&server = call.server(), reply = call.reply,
                      user = user_in_path(call.id)](const std::string& hash) {
    take_rights(server, reply, user, [hash](Database& db, UserId id) { return db.set_password_hash(id, hash); });
  };
  return hash_then(call, password, store);
}

AdminResult disable_user(AdminCall& call) {
  if (auto refused = no_fields(call)) return refused;
  take_rights(call.server(), call.reply, user_in_path(call.id),
              [now = call.now()](Database& db, UserId id) { return db.set_disabled(id, true, now); });
  return std::nullopt;
}

AdminResult revoke_user(AdminCall& call) {
  if (auto refused = no_fields(call)) return refused;
  take_rights(call.server(), call.reply, user_in_path(call.id),
              [](Database& db, UserId id) { return db.revoke_tokens(id); });
  return std::nullopt;
}

AdminResult enable_user(AdminCall& call) {
  if (auto refused = no_fields(call)) return refused;
  const auto enable = [now = call.now()](Database& db, UserId id) { return db.set_disabled(id, false, now); };
  call.server().store.write<Checked<UserId>>(
      [user = user_in_path(call.id), enable](Database& db) { return write_account(db, user, enable); },
      unless_refused<UserId>(call.reply, [reply = call.reply](UserId id) {
        reply(json_answer(200, {{"id", id}}));
      }));
  return std::nullopt;
}

}  // namespace talkbeat::admin
