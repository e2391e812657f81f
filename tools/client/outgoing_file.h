#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "tools/client/file_link.h"
#include "tools/client/file_reader.h"
#include "tools/client/file_worker.h"

namespace talkbeat {

/// Hears how the bytes of one file go, on either side. Each call may end the transfer, but not destroy it.
class FileProgress {
 public:
  virtual void on_bytes(uint32_t so_far) = 0;
  /// The other one has come, or come back.
  virtual void on_peer_ready() {}
  /// Not connected at the moment; it goes on by itself.
  virtual void on_paused(const std::string& why) = 0;
  /// `name`: what a received file is called in its directory. The last call.
  virtual void on_complete(const std::string& name) = 0;
  /// For good. The last call.
  virtual void on_failed(const std::string& why) = 0;

 protected:
  ~FileProgress() = default;
};

/// The sending end of one file: answers what the other end pulls, one piece after the other, each read when its turn
/// comes and the one before has left. Owned by a FileTransfer; the loop's thread only.
class OutgoingFile final : private FileLink::Owner {
 public:
  OutgoingFile(ClientNetwork& network, Executor& executor, const FileOptions& options,
               std::shared_ptr<const FileReader> file, FileProgress& progress);

  /// `task.role`: CLIENT_REALTIME_SENDER or CLIENT_OFFLINE_UPLOAD.
  void start(FileLink::Task task) { link_.start(std::move(task)); }
  /// Tells the other end, where need be after a last connect; on_failed() follows, perhaps inside of this call.
  void cancel();
  void add_server(const Address& server) { link_.add_server(server); }

  static constexpr size_t kMaxPulls = 64;           ///< unanswered; past it the connection is given up
  static constexpr uint32_t kMaxPiece = 768 << 10;  ///< larger ones are refused

 private:
  void on_link_open() override;
  Verdict on_link_pdu(const PduHeader& header, std::span<const std::byte> body,
                      google::protobuf::Arena& arena) override;
  void on_link_drained() override;
  void on_link_lost(const std::string& why) override;
  void on_link_failed(const std::string& why) override;

  static Verdict on_state(OutgoingFile& self, const PduHeader& header, const IM::File::IMFileState& state);
  static Verdict on_pull(OutgoingFile& self, const PduHeader& header, const IM::File::IMFilePullDataReq& pull);

  enum class Step : uint8_t { kIdle, kReading, kLeaving };
  struct Pull {
    uint16_t seq_num;
    uint32_t offset;
    uint32_t size;
  };

  void answer_next();
  void answer(const Pull& pull, const Result<std::string>& piece);
  void fail(const std::string& why);
  void say_cancelled(const std::string& why);

  FileWorker worker_;
  std::shared_ptr<const FileReader> file_;
  FileProgress& progress_;
  FileLink link_;
  std::deque<Pull> pulls_;
  Step step_ = Step::kIdle;
  uint64_t round_ = 0;  // pieces read for an earlier connection are void
  bool peer_came_ = false;
  bool cancelling_ = false;
  uint32_t sent_until_ = 0;
};

}  // namespace talkbeat
