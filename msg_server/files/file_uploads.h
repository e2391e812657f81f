#pragma once

#include <memory>
#include <unordered_map>

#include "msg_server/files/file_upload_window.h"
#include "msg_server/files/transfer_role.h"

namespace talkbeat {

/// Offline files on their way to this server's disk: pulls them from their senders, a bounded part ahead of what is
/// written. One that is interrupted goes on where its bytes on the disk end, here or at another server of this machine.
/// Owned by Transfers; the loop's thread only, the disk is used in workers.
class FileUploads final : public TransferRole {
 public:
  explicit FileUploads(TransferContext& context) : context_(context) {}

  /// The file's sender has connected. Answers the login when the file is open.
  void log_in(Connection& connection, uint16_t seq_num, const OfflineFile& file);
  /// The file was deleted.
  void drop(const std::string& task_id);

  Verdict say(ClientContext& client, const PduHeader& header, const IM::File::IMFileState& state) override;
  Verdict pull(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataReq& request) override;
  Verdict data(ClientContext& client, const PduHeader& header, const IM::File::IMFilePullDataRsp& data) override;
  void left(Connection& connection, const TransferSeat& seat) override;
  void on_tick() override;
  bool idle() const override { return uploads_.empty(); }

 private:
  // kOpening -> kPulling -> kFinishing (all is written) -> kCompleting (all is safe; the store is told).
  enum class Stage : uint8_t { kOpening, kPulling, kFinishing, kCompleting };

  struct Upload {
    Upload(const OfflineFile& described, const PullLimits& limits, TransferPlaces::Place taken)
        : file(described), window(described.size, 0, limits), place(std::move(taken)) {}

    OfflineFile file;
    UploadWindow window;
    TransferPlaces::Place place;
    Stage stage = Stage::kOpening;
    ConnId conn = ConnId::kNone;
    uint16_t login_seq_num = 0;
    std::vector<Address> addresses;  // where a receiver finds this server
    int fd = -1;
    bool disk_busy = false;       // a job has the descriptor
    bool wants_disk = false;      // the workers' queue was full: try again
    bool store_answered = false;  // it has the file as complete, or has said why not: nothing is left to wait for
    std::vector<std::string> unwritten;
    Tick moved_at = 0;
    TransferEnd end = TransferEnd::kLost;  // what it is when its connection goes
  };

  Upload* find(const std::string& task_id);
  void attach(Upload& upload, Connection& connection, uint16_t seq_num);
  void accept(Upload& upload, Connection& connection);
  void pump(Upload& upload);
  void work(Upload& upload);
  bool submit(Upload& upload);
  bool submit_write(Upload& upload);
  bool is_stuck(const Upload& upload) const;
  void opened(const std::string& task_id, const FileDisk::Upload& result);
  void wrote(const std::string& task_id, size_t bytes, DiskFault fault);
  void finished(const std::string& task_id, DiskFault fault);
  void complete(Upload& upload);
  void completed(const std::string& task_id, const StoreResult<FileShelf::Completed>& result);
  void say_done(Upload& upload);
  void fail(Upload& upload, const Verdict& why);
  void cancel(Upload& upload);
  void release_where_left(const std::string& task_id);

  TransferContext& context_;
  std::unordered_map<std::string, std::unique_ptr<Upload>> uploads_;
};

}  // namespace talkbeat
