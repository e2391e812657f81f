#include <array>
#include <optional>

#include "base/log.h"
#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/password.h"
#include "msg_server/sessions.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

using IM::BaseDefine::ResultType;

namespace {

// The steps of a login: on_login, refuse_early, read_account, check_credentials, (by password: check_password,
// on_password_checked,) accept_if_unchanged, accept. All but the last may refuse it.

constexpr uint32_t kBusyRetryMs = 1'000;
constexpr size_t kMaxName = 64;
constexpr const char* kWrongPassword = "wrong user name or password";
constexpr const char* kWrongToken = "the session token is not good, or no more: log in with the password";

/// What a login has to remember while the store and the password check are under way.
struct PendingLogin {
  MsgServerParts& server;
  ConnId conn;
  PduHeader header;
  std::string name;
  std::string secret;
  uint32_t client_type;
  IM::BaseDefine::UserStatType online_status;
  LoginMethod method;
  std::optional<TokenClaims> token;  ///< authentic, in time, of this class: only the account can still refuse it
  Tick asked_at = 0;                 ///< when the request came, whenever it was read
  uint64_t times_ended = 0;          ///< Sessions::times_ended() when the account was read
};

struct LoginRecord {
  std::optional<Account> account;
  std::optional<Profile> profile;
  uint64_t latest_sequence = 0;
};

void refuse(const PendingLogin& login, Connection& connection, LoginResult why, ResultType result,
            const std::string& text) {
  login.server.logins.counts.add(login.method, why);
  IM::Login::IMLoginRes response;
  response.set_server_time(static_cast<uint32_t>(login.server.loop.unix_seconds()));
  response.set_result_code(result);
  response.set_result_string(text);
  send_pdu(connection, response, login.header.seq_num);
  connection.close(CloseReason::kLoginRefused);
}

void refuse_busy(const PendingLogin& login, Connection& connection, const Verdict& why) {
  send_error(connection, login.header, why);
  refuse(login, connection, LoginResult::kBusy, IM::BaseDefine::REFUSE_REASON_NO_DB_SERVER, why.text);
}

/// Too many failures for this account or from this address. True: the login has been refused for that.
bool refuse_throttled(const PendingLogin& login, Connection& connection) {
  const Tick wait = login.server.throttle.wait_ms(login.name, connection.peer().ip, connection.now());
  if (wait == 0) return false;
  send_error(connection, login.header,
             Verdict::refused(ERROR_RATE_LIMITED, "too many failed logins", static_cast<uint32_t>(wait)));
  refuse(login, connection, LoginResult::kThrottled, IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED,
         "too many failed logins: try again in " + std::to_string((wait + 999) / 1000) + " s");
  return true;
}

void refuse_invalid(const PendingLogin& login, Connection& connection, LoginResult why, const char* logged) {
  log_info("login_refused",
           {{"conn", login.conn}, {"peer", connection.peer().to_string()}, {"name", login.name}, {"why", logged}});
  refuse(login, connection, why, IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED,
         login.method == LoginMethod::kToken ? kWrongToken : kWrongPassword);
}

/// A wrong password, or a forged token: either may be a guess.
void refuse_wrong(const PendingLogin& login, Connection& connection) {
  login.server.throttle.failed(login.name, connection.peer().ip, connection.now());
  refuse_invalid(login, connection, LoginResult::kWrong, login.method == LoginMethod::kToken ? "token" : "password");
}

void refuse_void(const PendingLogin& login, Connection& connection) {
  refuse_invalid(login, connection, LoginResult::kVoid, "void_token");
}

StoreResult<LoginRecord> read_login(Database& db, const std::string& name) {
  StoreResult<std::optional<Account>> account = db.find_account(name);
  if (!account.ok()) return account.error();
  LoginRecord record{std::move(account.value()), std::nullopt, 0};
  if (!record.account) return record;
  StoreResult<std::vector<Profile>> profiles = db.profiles(std::array{record.account->id});
  if (!profiles.ok()) return profiles.error();
  if (!profiles.value().empty()) record.profile = std::move(profiles.value().front());
  StoreResult<uint64_t> latest = db.latest_sequence();
  if (!latest.ok()) return latest.error();
  record.latest_sequence = latest.value();
  return record;
}

/// Reads the account and goes on with `next(login, connection, record)`, unless the client has gone or the store
/// could not be asked.
template <class Next>
void read_account(PendingLogin login, Next next) {
  MsgServerParts& server = login.server;
  login.times_ended = server.sessions.times_ended();
  std::string name = login.name;
  server.store.read<LoginRecord>(
      [name = std::move(name)](Database& db) { return read_login(db, name); },
      [login = std::move(login), next = std::move(next)](const StoreResult<LoginRecord>& record) {
        Connection* connection = login.server.connections.find(login.conn);
        if (connection == nullptr) return;
        if (record.ok()) {
          next(login, *connection, record.value());
        } else {
          refuse_busy(login, *connection, refusal_of(record.error()));
        }
      });
}

void add_token(const PendingLogin& login, const Account& account, IM::Login::IMLoginRes& response) {
  const MsgServerParts& server = login.server;
  const Tick lifetime_ms = server.config.session_token.lifetime_ms;
  if (lifetime_ms == 0) return;
  const auto expires = static_cast<uint32_t>(server.loop.unix_seconds() + lifetime_ms / 1000);
  response.set_session_token(server.logins.tokens.issue(account.name, {.user = account.id,
                                                                       .client_class = *class_of(login.client_type),
                                                                       .token_version = account.token_version,
                                                                       .expires = expires}));
  response.set_token_expires(expires);
}

void accept(const PendingLogin& login, Connection& connection, const LoginRecord& record) {
  MsgServerParts& server = login.server;
  server.logins.counts.add(login.method, LoginResult::kAccepted);
  // A token says nothing of who has been guessing at the password meanwhile.
  if (login.method == LoginMethod::kPassword) server.throttle.succeeded(login.name);
  auto& session = connection.attachment<ClientSession>();
  session.begun_at = record.latest_sequence;
  server.sessions.begin(connection, session, record.account->id, login.client_type);

  IM::Login::IMLoginRes response;
  response.set_server_time(static_cast<uint32_t>(server.loop.unix_seconds()));
  response.set_result_code(IM::BaseDefine::REFUSE_REASON_NONE);
  response.set_online_status(login.online_status);
  fill(*response.mutable_user_info(), *record.profile);
  add_token(login, *record.account, response);
  send_pdu(connection, response, login.header.seq_num);
}

void check_credentials(const PendingLogin& login, Connection& connection, const LoginRecord& record);

// The client has given up by now, and may be logged in elsewhere: this login, being answered later, would end that
// session. Deadlines leave out the time in which this process stood still; the client did not stand still.
bool close_if_late(const PendingLogin& login, Connection& connection) {
  const Tick timeout = login.server.config.client.liveness.handshake_timeout_ms;
  if (connection.now() - login.asked_at < timeout) return false;
  connection.close(CloseReason::kHandshakeTimeout);
  return true;
}

// Where sessions have been ended since the account was read, what was read may be what was revoked: this login was none
// of the sessions that were ended, so it looks again.
void accept_if_unchanged(const PendingLogin& login, Connection& connection, const LoginRecord& record) {
  if (close_if_late(login, connection)) return;
  if (record.account->disabled) {
    refuse(login, connection, LoginResult::kDisabled, IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED,
           "this account has been disabled");
  } else if (login.times_ended == login.server.sessions.times_ended()) {
    accept(login, connection, record);
  } else {
    read_account(login, [version = record.account->token_version](const PendingLogin& again, Connection& client,
                                                                  const LoginRecord& present) {
      const bool same = present.account && present.profile && present.account->token_version == version;
      same ? accept_if_unchanged(again, client, present) : check_credentials(again, client, present);
    });
  }
}

/// The hash came from another system: from now on it is one of ours. Where that fails, the next login does it.
void upgrade_hash(MsgServerParts& server, const Account& account, const std::string& better) {
  server.store.write<bool>([user = account.id, old = account.password_hash,
                            better](Database& db) { return db.upgrade_password_hash(user, old, better); },
                           [user = account.id](const StoreResult<bool>& upgraded) {
                             if (!upgraded.ok())
                               log_warn("password_hash_kept", {{"user", user}, {"error", to_string(upgraded.error())}});
                           });
}

void on_password_checked(const PendingLogin& login, const LoginRecord& record, const PasswordCheck& check) {
  Connection* connection = login.server.connections.find(login.conn);
  if (connection == nullptr) return;
  // Others may have failed while this one was being checked: many guesses at once must not get more answers.
  if (refuse_throttled(login, *connection)) return;
  if (check.right && record.account && record.profile) {
    if (!check.better_hash.empty()) upgrade_hash(login.server, *record.account, check.better_hash);
    accept_if_unchanged(login, *connection, record);
  } else {
    refuse_wrong(login, *connection);
  }
}

// An unknown name costs as much time as a wrong password: nobody learns from the answer which names exist.
void check_password(const PendingLogin& login, Connection& connection, const LoginRecord& record) {
  MsgServerParts& server = login.server;
  const std::string hash = record.account ? record.account->password_hash : server.decoy_hash;
  const bool queued = server.hashing.try_submit(
      [login, record, hash, decoy = server.decoy_hash, cost = server.config.password.cost]() -> Task {
        const PasswordCheck check = check_login_password(hash, login.secret, decoy, cost);
        return [login, record, check] { on_password_checked(login, record, check); };
      });
  if (queued) {
    server.logins.counts.add_password_check();
  } else {
    refuse_busy(login, connection, Verdict::refused(ERROR_BUSY, "too many logins at once: try again", kBusyRetryMs));
  }
}

bool speaks_for(const TokenClaims& token, const LoginRecord& record) {
  return record.account && record.profile && record.account->id == token.user &&
         record.account->token_version == token.token_version;
}

void check_credentials(const PendingLogin& login, Connection& connection, const LoginRecord& record) {
  if (!login.token) {
    check_password(login, connection, record);
  } else if (speaks_for(*login.token, record)) {
    accept_if_unchanged(login, connection, record);
  } else if (login.secret.empty()) {
    refuse_void(login, connection);
  } else {
    PendingLogin by_password = login;
    by_password.method = LoginMethod::kPassword;
    by_password.token.reset();
    if (!refuse_throttled(by_password, connection)) check_password(by_password, connection, record);
  }
}

// kAccepted: as far as can be said without the account.
LoginResult check_token(PendingLogin& login, const std::string& token) {
  const MsgServerParts& server = login.server;
  if (server.config.session_token.lifetime_ms == 0) return LoginResult::kVoid;
  const auto checked = server.logins.tokens.verify(token, login.name, server.loop.unix_seconds());
  if (const auto* fault = std::get_if<TokenFault>(&checked)) {
    return *fault == TokenFault::kForged ? LoginResult::kWrong : LoginResult::kVoid;
  }
  const auto& claims = std::get<TokenClaims>(checked);
  if (claims.client_class != class_of(login.client_type)) return LoginResult::kVoid;
  login.token = claims;
  return LoginResult::kAccepted;
}

// True: the login has been refused, without a look at the account. Nobody's guesses keep the holder of a token out; a
// token that is refused leaves it to the password, where one was sent.
bool refuse_early(PendingLogin& login, Connection& connection, const std::string& token) {
  if (login.method == LoginMethod::kToken) {
    const LoginResult result = check_token(login, token);
    if (result == LoginResult::kAccepted) return false;
    if (login.secret.empty() && result == LoginResult::kVoid) {
      refuse_void(login, connection);
      return true;
    }
    if (!login.secret.empty()) login.method = LoginMethod::kPassword;
  }
  if (refuse_throttled(login, connection)) return true;
  if (login.method == LoginMethod::kPassword) return false;
  refuse_wrong(login, connection);
  return true;
}

}  // namespace

Verdict on_login(ClientContext& client, const PduHeader& header, const IM::Login::IMLoginReq& request) {
  Connection& connection = client.connection;
  client.session.name = request.user_name().substr(0, kMaxName);
  PendingLogin login{.server = client.server,
                     .conn = connection.id(),
                     .header = header,
                     .name = request.user_name(),
                     .secret = request.password(),
                     .client_type = static_cast<uint32_t>(request.client_type()),
                     .online_status = request.online_status(),
                     .method = request.session_token().empty() ? LoginMethod::kPassword : LoginMethod::kToken,
                     .token = std::nullopt,
                     .asked_at = connection.now() - connection.since_arrival()};
  if (login.name.empty() || login.name.size() > kMaxName) {
    refuse(login, connection, LoginResult::kWrong, IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED, kWrongPassword);
  } else if (!refuse_early(login, connection, request.session_token())) {
    client.session.phase = Phase::kLoggingIn;
    read_account(login, check_credentials);
  }
  return Verdict::handled();
}

}  // namespace talkbeat
