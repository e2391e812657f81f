#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <string>

#include "tools/client/file_worker.h"
#include "tools/client/file_writer.h"
#include "tools/client/outgoing_file.h"

namespace talkbeat {

/// The receiving end of one file: pulls a few pieces ahead, writes them down in order, and after a lost connection goes
/// on where the part ends. Owned by a FileTransfer; the loop's thread only.
class IncomingFile final : private FileLink::Owner {
 public:
  IncomingFile(ClientNetwork& network, Executor& executor, const FileOptions& options, FileOffer offer,
               FileProgress& progress);

  /// `task.role`: CLIENT_REALTIME_RECVER or CLIENT_OFFLINE_DOWNLOAD.
  void start(FileLink::Task task, const std::filesystem::path& directory);
  /// In place of start(): tells the sender that it is not wanted; at the server's the file is deleted. Ends with
  /// on_complete().
  void refuse(FileLink::Task task);
  /// Tells the other end, where it is connected; on_failed() is called inside of this. What has come of a file that
  /// lies at the server stays, for the next time.
  void cancel();
  void add_server(const Address& server) { link_.add_server(server); }

  static constexpr int kMaxStalls = 5;  ///< one after the other: then it is given up

 private:
  void on_link_open() override;
  Verdict on_link_pdu(const PduHeader& header, std::span<const std::byte> body,
                      google::protobuf::Arena& arena) override;
  bool on_link_refused(const TbError& error) override;
  void on_link_lost(const std::string& why) override;
  void on_link_failed(const std::string& why) override;

  static Verdict on_state(IncomingFile& self, const PduHeader& header, const IM::File::IMFileState& state);
  static Verdict on_piece(IncomingFile& self, const PduHeader& header, const IM::File::IMFilePullDataRsp& piece);

  void on_opened(Result<FileWriter> file);
  void pull_again();
  void ask_on();
  void pull();
  void take(const std::string& bytes);
  void write_next();
  void on_written(const Status& written);
  void finish();
  void nobody_to_tell();
  void conclude();
  void say(IM::BaseDefine::ClientFileState state);
  void stalled();
  void fail(const std::string& why);
  void discard_part();
  bool may_be_done() const;
  bool online() const { return link_.task().role == IM::BaseDefine::CLIENT_REALTIME_RECVER; }

  const FileOptions& options_;
  FileOffer offer_;
  FileWorker worker_;
  FileProgress& progress_;
  FileLink link_;
  Timer stall_timer_;
  std::shared_ptr<FileWriter> file_;
  std::deque<std::string> pieces_;  // received, not yet written
  bool writing_ = false;
  bool refusing_ = false;
  bool finishing_ = false;
  bool sender_came_ = false;  // online: it has been there
  bool misfit_ = false;       // answers under way do not fit: they are waited for, and then it is asked anew
  bool unreachable_ = false;
  bool over_ = false;
  std::string name_;  // the file has it, and the sender is to be told
  uint32_t piece_;    // bytes that are asked for at a time: never more than the server gives
  uint32_t window_;
  uint32_t unanswered_ = 0;
  uint32_t written_until_ = 0;
  uint32_t received_until_ = 0;
  uint32_t asked_until_ = 0;
  int stalls_ = 0;
};

}  // namespace talkbeat
