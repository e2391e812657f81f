#include "base/utf8.h"
#include "msg_server/files/transfers.h"
#include "msg_server/handlers.h"

// What the two parties say of a file on their ordinary connections.
namespace talkbeat {

using IM::BaseDefine::TransferFileType;
using IM::File::IMFileReq;
using IM::File::IMFileRsp;

namespace {

constexpr Verdict kNoSuchFile = Verdict::refused(ERROR_INVALID_ARGUMENT, "there is no such file of yours");

// Some clients' protobuf refuses a whole PDU for one string that is no UTF-8: a receiver could not list its files.
bool acceptable_name(std::string_view name, size_t max_name) {
  return !name.empty() && name.size() <= max_name && is_utf8(name);
}

IMFileRsp response_to(const ClientContext& client, const IMFileReq& request) {
  IMFileRsp response;
  response.set_result_code(0);
  response.set_from_user_id(client.session.user);
  response.set_to_user_id(request.to_user_id());
  response.set_file_name(is_utf8(request.file_name()) ? request.file_name() : std::string());
  response.set_task_id("");
  response.set_trans_mode(request.trans_mode());
  return response;
}

/// Why it is refused without a further look; 0: it is not.
uint32_t refusal_code(const ClientContext& client, const IMFileReq& request) {
  const MsgServerParts& server = client.server;
  const FileSettings& settings = server.config.files;
  const bool online = request.trans_mode() == TransferFileType::FILE_TYPE_ONLINE;
  if (!acceptable_name(request.file_name(), settings.max_name)) return ERROR_INVALID_ARGUMENT;
  if (request.to_user_id() == client.session.user) return ERROR_MESSAGE_TO_SELF;
  if (!server.transfers.taking()) return ERROR_UNAVAILABLE;
  if (!online && settings.path.empty()) return ERROR_NOT_SUPPORTED;
  if (request.file_size() > settings.max_size) return ERROR_LIMIT_REACHED;
  if (online && !server.users.sure_presence(request.to_user_id()).online()) return ERROR_NOT_ONLINE;
  return 0;
}

void offer_online(const ClientContext& client, const OfflineFile& file, const std::vector<Address>& addresses,
                  IMFileRsp& response) {
  if (client.server.transfers.offer_online(file, addresses)) {
    response.set_task_id(file.task_id);
    fill(*response.mutable_ip_addr_list(), addresses, client.server.ports.tls);
  } else {
    response.set_result_code(ERROR_LIMIT_REACHED);
  }
}

void offer_offline(const ClientContext& client, const PduHeader& header, const OfflineFile& file,
                   const std::vector<Address>& addresses, IMFileRsp response) {
  client.server.transfers.shelf().add(
      file, [&connections = client.server.connections, conn = client.connection.id(), header, addresses,
             tls_port = client.server.ports.tls, task_id = file.task_id,
             response = std::move(response)](const StoreResult<Done>& added) mutable {
        Connection* connection = connections.find(conn);
        if (connection == nullptr) return;
        if (added.ok()) {
          response.set_task_id(task_id);
          fill(*response.mutable_ip_addr_list(), addresses, tls_port);
        } else if (added.error() == StoreError::kUnknownUser) {
          response.set_result_code(ERROR_UNKNOWN_USER);
        } else if (added.error() == StoreError::kLimitReached) {
          response.set_result_code(ERROR_LIMIT_REACHED);
        } else {
          send_error(*connection, header, refusal_of(added.error()));
          return;
        }
        send_pdu(*connection, response, header.seq_num);
      });
}

// One answer must stay one PDU that every client takes: what does not fit is listed when others have been fetched.
void list(const std::vector<OfflineFile>& files, size_t max_bytes, IM::File::IMFileHasOfflineRsp& response) {
  size_t bytes = 0;
  for (const OfflineFile& file : files) {
    bytes += file.name.size() + file.task_id.size() + 32;
    if (bytes > max_bytes) return;
    IM::BaseDefine::OfflineFileInfo* info = response.add_offline_file_list();
    info->set_from_user_id(file.from);
    info->set_task_id(file.task_id);
    info->set_file_name(file.name);
    info->set_file_size(file.size);
  }
}

}  // namespace

Verdict on_file_request(ClientContext& client, const PduHeader& header, const IMFileReq& request) {
  IMFileRsp response = response_to(client, request);
  response.set_result_code(refusal_code(client, request));
  if (response.result_code() != 0) {
    send_pdu(client.connection, response, header.seq_num);
    return Verdict::handled();
  }
  const OfflineFile file{.task_id = client.server.transfers.new_task_id(),
                         .from = client.session.user,
                         .to = request.to_user_id(),
                         .name = request.file_name(),
                         .size = request.file_size()};
  const std::vector<Address> addresses = addresses_for(client.server, client.connection);
  if (request.trans_mode() == TransferFileType::FILE_TYPE_OFFLINE) {
    offer_offline(client, header, file, addresses, std::move(response));
    return Verdict::handled();
  }
  offer_online(client, file, addresses, response);
  send_pdu(client.connection, response, header.seq_num);
  return Verdict::handled();
}

Verdict on_offline_files(ClientContext& client, const PduHeader& header,
                         const IM::File::IMFileHasOfflineReq& /*request*/) {
  const MsgServerParts& server = client.server;
  IM::File::IMFileHasOfflineRsp response;
  response.set_user_id(client.session.user);
  fill(*response.mutable_ip_addr_list(), addresses_for(server, client.connection), server.ports.tls);
  server.transfers.shelf().waiting_for(
      client.session.user, server.config.client.max_list,
      answer_to<std::vector<OfflineFile>>(
          client, header,
          [response = std::move(response), max_bytes = server.config.client.max_pdu / 2, seq_num = header.seq_num](
              Connection& connection, const std::vector<OfflineFile>& files) {
            IM::File::IMFileHasOfflineRsp answer = response;
            list(files, max_bytes, answer);
            send_pdu(connection, answer, seq_num);
          }));
  return Verdict::handled();
}

// The receiver has been told when the last byte was on the disk: stock clients say so only now.
Verdict on_add_offline_file(ClientContext& client, const PduHeader& header,
                            const IM::File::IMFileAddOfflineReq& request) {
  client.server.transfers.shelf().find(
      request.task_id(),
      answer_to<std::optional<OfflineFile>>(
          client, header,
          [header, user = client.session.user](Connection& connection, const std::optional<OfflineFile>& file) {
            const bool there = file && file->from == user && file->complete;
            if (!there) send_error(connection, header, kNoSuchFile);
          }));
  return Verdict::handled();
}

Verdict on_delete_offline_file(ClientContext& client, const PduHeader& header,
                               const IM::File::IMFileDelOfflineReq& request) {
  Transfers& transfers = client.server.transfers;
  transfers.shelf().remove(
      request.task_id(), client.session.user,
      answer_to<bool>(client, header,
                      [&transfers, header, task_id = request.task_id()](Connection& connection, bool removed) {
                        if (removed) {
                          transfers.deleted(task_id);
                        } else {
                          send_error(connection, header, kNoSuchFile);
                        }
                      }));
  return Verdict::handled();
}

}  // namespace talkbeat
