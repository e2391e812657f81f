#include "msg_server/files/transfers.h"
#include "msg_server/handlers.h"

// The second connection, which carries a file's bytes.
namespace talkbeat {

namespace {

bool names_another(const ClientContext& client, const std::string& task_id) {
  return task_id != client.session.seat->task_id;
}

}  // namespace

Verdict on_file_login(ClientContext& client, const PduHeader& header, const IM::File::IMFileLoginReq& request) {
  return client.server.transfers.log_in(client, header, request);
}

Verdict on_file_state(ClientContext& client, const PduHeader& header, const IM::File::IMFileState& state) {
  if (names_another(client, state.task_id())) {
    return Verdict::refused(ERROR_INVALID_ARGUMENT, "another task than this connection's");
  }
  return client.server.transfers.role_of(client.session).say(client, header, state);
}

Verdict on_file_pull(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request) {
  if (names_another(client, request.task_id())) {
    return refuse_pull(client, header, request, IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_WITH_INVALID_TASK_ID);
  }
  return client.server.transfers.role_of(client.session).pull(client, header, request);
}

Verdict on_file_data(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataRsp& data) {
  if (names_another(client, data.task_id())) return refuse_unasked(client.connection, header);
  return client.server.transfers.role_of(client.session).data(client, header, data);
}

}  // namespace talkbeat
