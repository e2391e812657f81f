#pragma once

#include <deque>
#include <memory>
#include <set>

#include "base/thread_executor.h"
#include "tools/client/file_transfer.h"
#include "tools/talkchat/chat_session.h"
#include "tools/talkchat/progress_line.h"

namespace talkbeat {

/// `talkchat recvfile`: takes the files that wait at the server, then those that are offered, one after the other,
/// until it has enough of them.
class RecvFileCommand final : public ChatSession, private FileTransfer::Listener {
 public:
  explicit RecvFileCommand(const ChatArguments& arguments);

 private:
  void on_state(ClientState state, const std::string& why) override;
  void on_file_offer(const FileOffer& offer) override;
  void on_file_progress(FileTransfer& transfer) override;
  void on_file_paused(FileTransfer& transfer, const std::string& why) override;
  void on_file_ended(FileTransfer& transfer) override;

  void fetch_waiting();
  void receive_next();
  void print(const FileOffer& offer, const std::string& path);

  const ChatArguments& arguments_;
  ThreadExecutor worker_;
  Timer deadline_;
  ProgressLine progress_;
  std::string last_problem_;
  std::deque<FileOffer> offers_;
  std::set<std::string> seen_;  // task ids
  std::unique_ptr<FileTransfer> transfer_;
  size_t received_ = 0;
  bool late_ = false;
};

}  // namespace talkbeat
