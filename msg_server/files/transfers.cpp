#include "msg_server/files/transfers.h"

#include "base/log.h"

namespace talkbeat {

using IM::BaseDefine::ClientFileRole;
using IM::BaseDefine::FileServerError;

Transfers::Transfers(MsgServerParts& parts, Executor& workers, Metrics& metrics)
    : parts_(parts),
      shelf_(parts.loop, parts.store, workers, parts.config.files),
      figures_(metrics),
      context_{.server = parts, .shelf = shelf_, .figures = figures_, .places = places_},
      online_(context_),
      uploads_(context_),
      downloads_(context_),
      sweep_(parts.loop, parts.store, shelf_, parts.config.files, figures_),
      throttle_(parts.config.password.throttle),
      timer_(parts.loop.timers(), [this] { on_tick(); }) {}

Status Transfers::start() {
  if (!shelf_.open()) return {};
  if (Status status = shelf_.disk().prepare(); !status.ok()) return status;
  sweep_.start();
  return {};
}

std::string Transfers::new_task_id() {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::array<std::byte, 16> random{};
  parts_.rng.fill(random);
  std::string task_id;
  for (const std::byte byte : random) {
    task_id += kHexDigits[std::to_integer<size_t>(byte) >> 4];
    task_id += kHexDigits[std::to_integer<size_t>(byte) & 0xf];
  }
  return task_id;
}

bool Transfers::offer_online(const OfflineFile& offer, const std::vector<Address>& addresses) {
  if (!online_.offer(offer)) return false;
  keep_time();
  notify_receiver(context_, offer, IM::BaseDefine::FILE_TYPE_ONLINE, addresses);
  return true;
}

Verdict Transfers::log_in(ClientContext& client, const PduHeader& header, const IM::File::IMFileLoginReq& request) {
  Connection& connection = client.connection;
  const Login login{connection.id(), header.seq_num, request.user_id(), request.task_id(), request.file_role()};
  if (throttled(connection)) {
    send_error(connection, header, Verdict::refused(ERROR_RATE_LIMITED, "too many wrong tasks from this address"));
    refuse(login, connection, IM::BaseDefine::FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
  } else if (const OfflineFile* offer = online_.find(login.task_id)) {
    log_in_online(login, connection, *offer);
  } else if (shelf_.open() && is_task_id(login.task_id)) {
    client.session.phase = Phase::kLoggingIn;
    find_offline(login);
  } else {
    refuse(login, connection, IM::BaseDefine::FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
  }
  keep_time();
  return Verdict::handled();
}

// Only addresses count, and nothing that a stranger could name to keep somebody else out.
bool Transfers::throttled(const Connection& connection) {
  return throttle_.address_wait_ms(connection.peer().ip, connection.now()) > 0;
}

void Transfers::refuse(const Login& login, Connection& connection, FileServerError why) {
  figures_.logins_refused.add();
  if (why != IM::BaseDefine::FILE_SERVER_ERRNO_CREATE_TASK_ERROR && !throttled(connection)) {
    throttle_.address_failed(connection.peer().ip, connection.now());
  }
  refuse_file_login(connection, login.seq_num, login.task_id, why);
}

void Transfers::log_in_online(const Login& login, Connection& connection, const OfflineFile& offer) {
  const bool sends = login.role == ClientFileRole::CLIENT_REALTIME_SENDER && login.user == offer.from;
  const bool receives = login.role == ClientFileRole::CLIENT_REALTIME_RECVER && login.user == offer.to;
  if (sends || receives) {
    online_.log_in(connection, login.seq_num, login.task_id, sends ? Party::kSender : Party::kReceiver);
  } else {
    refuse(login, connection, IM::BaseDefine::FILE_SERVER_ERRNO_INVALID_USER_FOR_TASK);
  }
}

void Transfers::find_offline(const Login& login) {
  shelf_.find(login.task_id, [this, login](const StoreResult<std::optional<OfflineFile>>& file) {
    Connection* connection = parts_.connections.find(login.conn);
    if (connection == nullptr) return;
    if (!file.ok()) {
      refuse(login, *connection, IM::BaseDefine::FILE_SERVER_ERRNO_CREATE_TASK_ERROR);
    } else if (!file.value()) {
      refuse(login, *connection, IM::BaseDefine::FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
    } else {
      log_in_offline(login, *connection, *file.value());
    }
    keep_time();
  });
}

void Transfers::log_in_offline(const Login& login, Connection& connection, const OfflineFile& file) {
  if (login.role == ClientFileRole::CLIENT_OFFLINE_UPLOAD && login.user == file.from) {
    uploads_.log_in(connection, login.seq_num, file);
  } else if (login.role == ClientFileRole::CLIENT_OFFLINE_DOWNLOAD && login.user == file.to && file.complete) {
    downloads_.log_in(connection, login.seq_num, file);
  } else {
    refuse(login, connection, IM::BaseDefine::FILE_SERVER_ERRNO_INVALID_USER_FOR_TASK);
  }
}

TransferRole& Transfers::role_of(const ClientSession& session) {
  CHECK(session.seat != nullptr);
  switch (session.seat->role) {
    case ClientFileRole::CLIENT_REALTIME_SENDER:
    case ClientFileRole::CLIENT_REALTIME_RECVER:
      return online_;
    case ClientFileRole::CLIENT_OFFLINE_UPLOAD:
      return uploads_;
    case ClientFileRole::CLIENT_OFFLINE_DOWNLOAD:
      return downloads_;
  }
  CHECK(false);
}

void Transfers::drained(Connection& connection) {
  const auto& session = connection.attachment<ClientSession>();
  if (session.seat != nullptr) role_of(session).drained(connection);
}

void Transfers::left(Connection& connection) {
  const auto& session = connection.attachment<ClientSession>();
  if (session.seat != nullptr) role_of(session).left(connection, *session.seat);
}

void Transfers::take_no_more() {
  if (!std::exchange(taking_, false)) return;
  online_.nobody_comes();
}

// The timer runs only while there is something to look at.
void Transfers::keep_time() {
  if (std::exchange(ticking_, true)) return;
  timer_.start_every(kTransferTickMs);
}

void Transfers::on_tick() {
  const std::array<TransferRole*, 3> roles{&online_, &uploads_, &downloads_};
  for (TransferRole* role : roles) role->on_tick();
  if (!taking_) online_.nobody_comes();
  if (!online_.idle() || !uploads_.idle() || !downloads_.idle()) return;
  timer_.cancel();
  ticking_ = false;
}

}  // namespace talkbeat
