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

constexpr uint32_t kBusyRetryMs = 1'000;
constexpr size_t kMaxName = 64;

/// What a login has to remember while the store and the password check are under way.
struct LoginAttempt {
  MsgServerParts& server;
  ConnId conn;
  PduHeader header;
  std::string name;
  std::string secret;
  uint32_t client_type;
  IM::BaseDefine::UserStatType online_status;
};

struct LoginRecord {
  std::optional<Account> account;
  std::optional<Profile> profile;
  uint64_t latest_sequence = 0;
};

void refuse(const MsgServerParts& server, Connection& connection, const PduHeader& header, ResultType result,
            const std::string& text) {
  IM::Login::IMLoginRes response;
  response.set_server_time(static_cast<uint32_t>(server.loop.unix_seconds()));
  response.set_result_code(result);
  response.set_result_string(text);
  send_pdu(connection, response, header.seq_num);
  connection.close(CloseReason::kLoginRefused);
}

void refuse_busy(const MsgServerParts& server, Connection& connection, const PduHeader& header, const Verdict& why) {
  send_error(connection, header, why);
  refuse(server, connection, header, IM::BaseDefine::REFUSE_REASON_NO_DB_SERVER, why.text);
}

/// Too many failures for this account or from this address. True: the login has been refused for that.
bool refuse_throttled(MsgServerParts& server, Connection& connection, const PduHeader& header,
                      const std::string& name) {
  const Tick wait = server.throttle.wait_ms(name, connection.peer().ip, connection.now());
  if (wait == 0) return false;
  send_error(connection, header,
             Verdict::refused(ERROR_RATE_LIMITED, "too many failed logins", static_cast<uint32_t>(wait)));
  refuse(server, connection, header, IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED,
         "too many failed logins: try again in " + std::to_string((wait + 999) / 1000) + " s");
  return true;
}

void refuse_wrong_password(const LoginAttempt& attempt, Connection& connection) {
  attempt.server.throttle.failed(attempt.name, connection.peer().ip, connection.now());
  log_info(
      "login_refused",
      {{"conn", attempt.conn}, {"peer", connection.peer().to_string()}, {"name", attempt.name}, {"why", "password"}});
  refuse(attempt.server, connection, attempt.header, IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED,
         "wrong user name or password");
}

StoreResult<LoginRecord> read_login(Database& db, const std::string& name) {
  StoreResult<std::optional<Account>> account = db.find_account(name);
  if (!account.ok()) return account.error();
  LoginRecord record{account.value(), std::nullopt, 0};
  if (!record.account) return record;
  StoreResult<std::vector<Profile>> profiles = db.profiles(std::array{record.account->id});
  if (!profiles.ok()) return profiles.error();
  if (!profiles.value().empty()) record.profile = profiles.value().front();
  StoreResult<uint64_t> latest = db.latest_sequence();
  if (!latest.ok()) return latest.error();
  record.latest_sequence = latest.value();
  return record;
}

void accept(const LoginAttempt& attempt, Connection& connection, const LoginRecord& record) {
  MsgServerParts& server = attempt.server;
  server.throttle.succeeded(attempt.name);
  auto& session = connection.attachment<ClientSession>();
  session.begun_at = record.latest_sequence;
  server.sessions.begin(connection, session, record.account->id, attempt.client_type);

  IM::Login::IMLoginRes response;
  response.set_server_time(static_cast<uint32_t>(server.loop.unix_seconds()));
  response.set_result_code(IM::BaseDefine::REFUSE_REASON_NONE);
  response.set_online_status(attempt.online_status);
  fill(*response.mutable_user_info(), *record.profile);
  send_pdu(connection, response, attempt.header.seq_num);
}

void finish(const LoginAttempt& attempt, const LoginRecord& record, bool right) {
  Connection* connection = attempt.server.connections.find(attempt.conn);
  if (connection == nullptr) return;
  // Others may have failed while this one was being checked: many guesses at once must not get more answers.
  if (refuse_throttled(attempt.server, *connection, attempt.header, attempt.name)) return;
  if (!right || !record.account || !record.profile) {
    refuse_wrong_password(attempt, *connection);
  } else if (record.account->disabled) {
    refuse(attempt.server, *connection, attempt.header, IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED,
           "this account has been disabled");
  } else {
    accept(attempt, *connection, record);
  }
}

// An unknown name costs as much time as a wrong password: nobody learns from the answer which names exist.
void check_password(const LoginAttempt& attempt, const LoginRecord& record) {
  MsgServerParts& server = attempt.server;
  const std::string hash = record.account ? record.account->password_hash : server.decoy_hash;
  const bool queued = server.hashing.try_submit([attempt, record, hash]() -> Task {
    const bool right = verify_password(hash, attempt.secret);
    return [attempt, record, right] { finish(attempt, record, right); };
  });
  if (queued) return;
  if (Connection* connection = server.connections.find(attempt.conn)) {
    refuse_busy(attempt.server, *connection, attempt.header,
                Verdict::refused(ERROR_BUSY, "too many logins at once: try again", kBusyRetryMs));
  }
}

void on_record(const LoginAttempt& attempt, const StoreResult<LoginRecord>& record) {
  if (record.ok()) {
    check_password(attempt, record.value());
  } else if (Connection* connection = attempt.server.connections.find(attempt.conn)) {
    refuse_busy(attempt.server, *connection, attempt.header, refusal_of(record.error()));
  }
}

// True: the answer has been given.
bool refuse_at_once(ClientContext& client, const PduHeader& header, const IM::Login::IMLoginReq& request) {
  Connection& connection = client.connection;
  if (request.user_name().empty() || request.user_name().size() > kMaxName) {
    refuse(client.server, connection, header, IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED,
           "wrong user name or password");
    return true;
  }
  return refuse_throttled(client.server, connection, header, request.user_name());
}

}  // namespace

Verdict on_login(ClientContext& client, const PduHeader& header, const IM::Login::IMLoginReq& request) {
  if (refuse_at_once(client, header, request)) return Verdict::handled();
  client.session.phase = Phase::kLoggingIn;
  const LoginAttempt attempt{
      client.server,          client.connection.id(), header,
      request.user_name(),    request.password(),     static_cast<uint32_t>(request.client_type()),
      request.online_status()};
  client.server.store.read<LoginRecord>(
      [name = attempt.name](Database& db) { return read_login(db, name); },
      [attempt](const StoreResult<LoginRecord>& record) { on_record(attempt, record); });
  return Verdict::handled();
}

}  // namespace talkbeat
