#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tools/client/client.h"
#include "tools/client/incoming_file.h"
#include "tools/client/outgoing_file.h"

namespace talkbeat {

/// One file on its way, sent or received: asks the server over the client's connection, moves the bytes over a second
/// one, and goes on where it was after either has been lost. Outlived by the client, network and executor; the loop's
/// thread only. Reading and writing happen in the executor, a piece at a time: memory is bounded by
/// FileOptions::window x piece.
///
///   FileTransfer transfer(client, network, executor, {}, listener);
///   transfer.send(bob, "/home/alice/photo.png", FileTransfer::Way::kEither);
///   … or, with an offer from ClientListener::on_file_offer() …
///   transfer.receive(offer, "/home/bob/files");
class FileTransfer final : private FileProgress {
 public:
  enum class Way : uint8_t { kOnline, kOffline, kEither };  ///< kEither: offline where the other one is not online
  enum class State : uint8_t { kIdle, kAsking, kRunning, kEnding, kDone, kFailed };

  /// Each call may cancel a transfer, but not destroy this one.
  class Listener {
   public:
    /// The server has taken the offer: waits for the other one, or (offer().offline) uploads.
    virtual void on_file_offered(FileTransfer& /*transfer*/) {}
    virtual void on_file_peer_ready(FileTransfer& /*transfer*/) {}
    virtual void on_file_progress(FileTransfer& /*transfer*/) {}
    /// Not connected at the moment; it goes on by itself.
    virtual void on_file_paused(FileTransfer& /*transfer*/, const std::string& /*why*/) {}
    /// The last call: state() is kDone, or kFailed, where problem() says why.
    virtual void on_file_ended(FileTransfer& transfer) = 0;

   protected:
    ~Listener() = default;
  };

  FileTransfer(Client& client, ClientNetwork& network, Executor& executor, const FileOptions& options,
               Listener& listener);
  ~FileTransfer();

  /// One of these three, once.
  void send(uint32_t peer, const std::filesystem::path& path, Way way);
  void receive(const FileOffer& offer, const std::filesystem::path& directory);
  /// Tells the sender, or deletes the file that waits at the server.
  void refuse(const FileOffer& offer);
  /// Tells the other end; on_file_ended() follows, perhaps inside of this call.
  void cancel();
  bool cancelled() const { return cancelled_; }

  State state() const { return state_; }
  bool ended() const { return state_ == State::kDone || state_ == State::kFailed; }
  /// Name, size, peers; what the server has said of it.
  const FileOffer& offer() const { return offer_; }
  bool outgoing() const { return outgoing_; }
  uint32_t bytes() const { return bytes_; }
  /// The name that a received file has got.
  const std::string& saved_as() const { return saved_as_; }
  const std::string& problem() const { return problem_; }

 private:
  void on_bytes(uint32_t so_far) override;
  void on_peer_ready() override;
  void on_paused(const std::string& why) override;
  void on_complete(const std::string& name) override;
  void on_failed(const std::string& why) override;

  void on_opened(Result<FileReader> file);
  void ask();
  void take_answer(const Answer<IM::File::IMFileRsp>& answer);
  void take_refusal(uint32_t result_code);
  void ask_later(const std::string& why);
  void begin_sending(const IM::File::IMFileRsp& answer);
  void begin_receiving(const FileOffer& offer);
  void take_off();
  void again();
  void end(State state, const std::string& problem);

  Client& client_;
  ClientNetwork& network_;
  Executor& executor_;
  const FileOptions options_;
  Listener& listener_;
  FileWorker worker_;
  Timer again_timer_;
  State state_ = State::kIdle;
  Way way_ = Way::kEither;
  FileOffer offer_;
  bool outgoing_ = false;
  bool refused_ = false;
  bool cancelled_ = false;
  uint32_t bytes_ = 0;
  Tick asked_at_ = 0;
  std::string saved_as_;
  std::string problem_;
  std::shared_ptr<const FileReader> source_;
  std::optional<OutgoingFile> sending_;
  std::optional<IncomingFile> receiving_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers that come when this is gone
};

}  // namespace talkbeat
