#pragma once

#include <unordered_map>

#include "msg_server/files/transfer_role.h"

namespace talkbeat {

/// Offline files on their way to their receivers: reads what is pulled from the disk, one piece at a time, and the next
/// one only when the receiver has taken the one before the last. A few connections may fetch one file at once; a
/// further one takes the place of the oldest. Owned by Transfers; the loop's thread only, the disk is used in workers.
class FileDownloads final : public TransferRole {
 public:
  explicit FileDownloads(TransferContext& context) : context_(context) {}

  /// A connection of the file's receiver.
  void log_in(Connection& connection, uint16_t seq_num, const OfflineFile& file);

  Verdict say(ClientContext& client, const PduHeader& header, const IM::File::IMFileState& state) override;
  Verdict pull(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request) override;
  Verdict data(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataRsp& data) override;
  void drained(Connection& connection) override { pump(connection.id()); }
  void left(Connection& connection, const TransferSeat& seat) override;
  void on_tick() override;
  bool idle() const override { return downloads_.empty(); }

 private:
  struct Download {
    Download(const OfflineFile& described, const PullLimits& limits, TransferPlaces::Place taken, Tick now)
        : file(described), pulls(described.size, limits), place(std::move(taken)), moved_at(now) {}

    OfflineFile file;
    PullQueue pulls;
    TransferPlaces::Place place;
    bool reading = false;
    uint64_t bytes = 0;
    Tick moved_at;
    TransferEnd end = TransferEnd::kLost;  // what it is when its connection goes
  };

  void make_room(const std::string& task_id);
  void pump(ConnId conn);
  bool read(ConnId conn, const Download& download, const Pull& pull);
  void was_read(ConnId conn, const Pull& pull, const FileDisk::Piece& piece);

  TransferContext& context_;
  std::unordered_map<ConnId, Download> downloads_;
};

}  // namespace talkbeat
