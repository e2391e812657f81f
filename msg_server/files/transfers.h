#pragma once

#include <array>

#include "msg_server/files/file_downloads.h"
#include "msg_server/files/file_sweep.h"
#include "msg_server/files/file_uploads.h"
#include "msg_server/files/transfer_online.h"
#include "msg_server/login_throttle.h"

namespace talkbeat {

/// All file transfers of this msg_server: admits the connections that carry files, and hands what they say to the kind
/// of transfer that they are part of (OnlineTransfers, FileUploads, FileDownloads). PROTOCOL.md, "Files", is the flow.
/// Owned by the MsgServer; the loop's thread only.
///
///   Transfers transfers(parts, file_workers, metrics);
///   Status status = transfers.start();
///   transfers.log_in(client, header, request);                      // the second connection's first PDU
///   transfers.role_of(client.session).pull(client, header, request);
class Transfers {
 public:
  /// All of them outlive it. `workers`: where the disk is used.
  Transfers(MsgServerParts& parts, Executor& workers, Metrics& metrics);

  /// Fails where files.path cannot be used.
  Status start();

  /// Offers the file to its receiver, who is online. False: too many are open.
  bool offer_online(const OfflineFile& offer, const std::vector<Address>& addresses);
  /// A new task's name: random, since whoever knows it and one of its parties gets in.
  std::string new_task_id();
  FileShelf& shelf() { return shelf_; }
  /// Nobody uploads it any more.
  void deleted(const std::string& task_id) { uploads_.drop(task_id); }

  Verdict log_in(ClientContext& client, const PduHeader& header, const IM::File::IMFileLoginReq& request);
  /// Only after its login.
  TransferRole& role_of(const ClientSession& session);
  void drained(Connection& connection);
  /// Inside of its close().
  void left(Connection& connection);

  /// The server is leaving: what runs goes on, nothing new begins, and nobody waits for others any more.
  void take_no_more();
  bool taking() const { return taking_; }

 private:
  struct Login {
    ConnId conn;
    uint16_t seq_num;
    UserId user;
    std::string task_id;
    IM::BaseDefine::ClientFileRole role;
  };

  bool throttled(const Connection& connection);
  void refuse(const Login& login, Connection& connection, IM::BaseDefine::FileServerError why);
  void log_in_online(const Login& login, Connection& connection, const OfflineFile& offer);
  void log_in_offline(const Login& login, Connection& connection, const OfflineFile& file);
  void find_offline(const Login& login);
  void keep_time();
  void on_tick();

  MsgServerParts& parts_;
  FileShelf shelf_;
  TransferFigures figures_;
  TransferPlaces places_;
  TransferContext context_;
  OnlineTransfers online_;
  FileUploads uploads_;
  FileDownloads downloads_;
  FileSweep sweep_;
  LoginThrottle throttle_;
  Timer timer_;
  bool ticking_ = false;
  bool taking_ = true;
};

}  // namespace talkbeat
