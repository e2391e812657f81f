#include "msg_server/files/transfer_role.h"

#include "base/log.h"
#include "base/utf8.h"
#include "msg_server/client_limits.h"

namespace talkbeat {

using IM::BaseDefine::FileServerError;

namespace {

// What a client calls a task, in the answer to it. A protobuf `string` must not hold anything: where it is no UTF-8, it
// is none of our tasks.
std::string repeatable(const std::string& task_id) {
  return is_utf8(task_id) ? task_id : std::string();
}

}  // namespace

void accept_file_login(TransferContext& context, Connection& connection, uint16_t seq_num, UserId user,
                       TransferSeat seat) {
  auto& session = connection.attachment<ClientSession>();
  session.phase = Phase::kTransfer;
  session.user = user;
  session.name = "user " + std::to_string(user) + ", file " + short_task(seat.task_id);
  session.seat = std::make_unique<TransferSeat>(std::move(seat));
  apply_limits(context.server.config, connection);
  context.server.liveness.logged_in(connection, ClientClass::kPc);
  IM::File::IMFileLoginRsp response;
  response.set_result_code(IM::BaseDefine::FILE_SERVER_ERRNO_OK);
  response.set_task_id(session.seat->task_id);
  send_pdu(connection, response, seq_num);
}

void refuse_file_login(Connection& connection, uint16_t seq_num, const std::string& task_id, FileServerError why) {
  log_info("file_login_refused", {{"conn", connection.id()}, {"peer", connection.peer().to_string()}, {"code", why}});
  IM::File::IMFileLoginRsp response;
  response.set_result_code(why);
  response.set_task_id(repeatable(task_id));
  send_pdu(connection, response, seq_num);
  connection.close(CloseReason::kLoginRefused);
}

void send_file_state(Connection& connection, const std::string& task_id, UserId about,
                     IM::BaseDefine::ClientFileState state) {
  IM::File::IMFileState message;
  message.set_state(state);
  message.set_task_id(task_id);
  message.set_user_id(about);
  send_pdu(connection, message);
}

Verdict refuse_pull(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request,
                    FileServerError why) {
  if (!client.session.requests.take(client.connection.now())) return rate_limited(client.session);
  IM::File::IMFilePullDataRsp response;
  response.set_result_code(why);
  response.set_task_id(repeatable(request.task_id()));
  response.set_user_id(client.session.user);
  response.set_offset(request.offset());
  response.set_file_data("");
  send_pdu(client.connection, response, header.seq_num);
  return Verdict::handled();
}

Verdict refuse_unasked(Connection& connection, const PduHeader& header) {
  send_error(connection, header, Verdict::refused(ERROR_NOT_ALLOWED, "nobody has asked for these bytes"));
  return Verdict::close(CloseReason::kProtocolError);
}

Verdict answer_asked(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request,
                     PullQueue::Asked asked) {
  switch (asked) {
    case PullQueue::Asked::kTaken:
      return Verdict::handled();
    case PullQueue::Asked::kTooMany:
      if (!client.session.requests.take(client.connection.now())) return rate_limited(client.session);
      return Verdict::refused(ERROR_LIMIT_REACHED, "too many pulls without an answer: wait for one");
    case PullQueue::Asked::kBadOffset:
      return refuse_pull(client, header, request, IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_SEEK_OFFSET_ERROR);
    case PullQueue::Asked::kFinished:
      return refuse_pull(client, header, request, IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_FINISHED);
  }
  CHECK(false);
}

std::string short_task(const std::string& task_id) {
  return task_id.substr(0, 8);
}

std::vector<Address> addresses_for(const MsgServerParts& server, const Connection& connection) {
  const ClientSettings& settings = server.config.client;
  std::vector<Address> addresses;
  for (const std::string& ip : {settings.ip1, settings.ip2}) {
    if (!ip.empty()) addresses.push_back({ip, server.ports.plain});
  }
  if (addresses.empty()) addresses.push_back({connection.local_address().ip, server.ports.plain});
  return addresses;
}

void fill(google::protobuf::RepeatedPtrField<IM::BaseDefine::IpAddr>& list, const std::vector<Address>& addresses,
          uint16_t tls_port) {
  for (const Address& address : addresses) {
    IM::BaseDefine::IpAddr* entry = list.Add();
    entry->set_ip(address.ip);
    entry->set_port(address.port);
    if (tls_port != 0) entry->set_tls_port(tls_port);
  }
}

void notify_receiver(TransferContext& context, const OfflineFile& file, IM::BaseDefine::TransferFileType mode,
                     const std::vector<Address>& addresses) {
  IM::File::IMFileNotify notify;
  notify.set_from_user_id(file.from);
  notify.set_to_user_id(file.to);
  notify.set_file_name(file.name);
  notify.set_file_size(file.size);
  notify.set_task_id(file.task_id);
  fill(*notify.mutable_ip_addr_list(), addresses, context.server.ports.tls);
  notify.set_trans_mode(mode);
  notify.set_offline_ready(mode == IM::BaseDefine::FILE_TYPE_OFFLINE ? 1 : 0);
  context.server.delivery.to_user(file.to, encode_pdu(notify));
}

}  // namespace talkbeat
