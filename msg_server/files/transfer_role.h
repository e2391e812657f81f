#pragma once

#include <string>
#include <vector>

#include "msg_server/client_answers.h"
#include "msg_server/files/file_pulls.h"
#include "msg_server/files/file_shelf.h"
#include "msg_server/files/transfer_figures.h"
#include "msg_server/files/transfer_places.h"
#include "proto/file.pb.h"

namespace talkbeat {

/// What all kinds of transfers use. Made by Transfers, which owns it.
struct TransferContext {
  MsgServerParts& server;
  FileShelf& shelf;
  TransferFigures& figures;
  TransferPlaces& places;

  const FileSettings& settings() const { return server.config.files; }
  Tick now() const { return server.loop.now(); }
  PullLimits pull_limits() const { return {settings().max_pulls, static_cast<uint32_t>(settings().max_chunk)}; }
};

/// One kind of transfer: what its connections say after their login. The connection's seat names the task.
class TransferRole {
 public:
  virtual Verdict say(ClientContext& client, const PduHeader& header, const IM::File::IMFileState& state) = 0;
  virtual Verdict pull(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request) = 0;
  virtual Verdict data(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataRsp& data) = 0;
  /// All that was sent to it has gone out.
  virtual void drained(Connection& /*connection*/) {}
  /// Inside of its close().
  virtual void left(Connection& connection, const TransferSeat& seat) = 0;
  /// A few times a second: who has waited for too long, and what can be tried again.
  virtual void on_tick() = 0;
  virtual bool idle() const = 0;

 protected:
  ~TransferRole() = default;
};

/// How often on_tick() comes.
inline constexpr Tick kTransferTickMs = 200;

// What the server says on a file's connection.

/// The connection carries this file from now on.
void accept_file_login(TransferContext& context, Connection& connection, uint16_t seq_num, UserId user,
                       TransferSeat seat);
/// And closes it.
void refuse_file_login(Connection& connection, uint16_t seq_num, const std::string& task_id,
                       IM::BaseDefine::FileServerError why);
/// `about`: whose state it is.
void send_file_state(Connection& connection, const std::string& task_id, UserId about,
                     IM::BaseDefine::ClientFileState state);
/// Answers a pull that is not taken, which is paid for at once, unlike one that is (ClientPort).
Verdict refuse_pull(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request,
                    IM::BaseDefine::FileServerError why);

/// Whoever sends bytes that nobody asked for is closed.
Verdict refuse_unasked(Connection& connection, const PduHeader& header);
/// The answer to a pull that PullQueue has not taken; handled() where it has.
Verdict answer_asked(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request,
                     PullQueue::Asked asked);

/// What stands in the log for a task id, which is a secret.
std::string short_task(const std::string& task_id);

/// Where a client finds this server: what the settings name, or the address by which this one has reached it.
std::vector<Address> addresses_for(const MsgServerParts& server, const Connection& connection);
void fill(google::protobuf::RepeatedPtrField<IM::BaseDefine::IpAddr>& list, const std::vector<Address>& addresses,
          uint16_t tls_port);
/// Tells the receiver's sessions, wherever they are, of a file: one that can be fetched from the sender right now, or
/// one that waits on the disk.
void notify_receiver(TransferContext& context, const OfflineFile& file, IM::BaseDefine::TransferFileType mode,
                     const std::vector<Address>& addresses);

}  // namespace talkbeat
