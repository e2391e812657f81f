#pragma once

#include <optional>

#include "base/thread_executor.h"
#include "tools/client/file_transfer.h"
#include "tools/talkchat/chat_session.h"
#include "tools/talkchat/progress_line.h"

namespace talkbeat {

/// `talkchat sendfile`: one file, and the end once the receiver has it, or it lies at the server.
class SendFileCommand final : public ChatSession, private FileTransfer::Listener {
 public:
  explicit SendFileCommand(const ChatArguments& arguments);

 private:
  void on_state(ClientState state, const std::string& why) override;
  void on_file_offered(FileTransfer& transfer) override;
  void on_file_peer_ready(FileTransfer& transfer) override;
  void on_file_progress(FileTransfer& transfer) override;
  void on_file_paused(FileTransfer& transfer, const std::string& why) override;
  void on_file_ended(FileTransfer& transfer) override;

  const ChatArguments& arguments_;
  ThreadExecutor worker_;
  Timer deadline_;
  ProgressLine progress_;
  std::string last_problem_ = "no answer";
  std::optional<FileTransfer> transfer_;
};

}  // namespace talkbeat
