#include "tools/talkchat/send_file_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "tools/client/file_name.h"

namespace talkbeat {

SendFileCommand::SendFileCommand(const ChatArguments& arguments)
    : ChatSession(arguments),
      arguments_(arguments),
      worker_("files", 1, 16, [&loop = loop_](Task task) { loop.post(std::move(task)); }),
      deadline_(loop_.timers(), [this] {
        progress_.end();
        fail("the file did not arrive in time: " + last_problem_);
        if (transfer_) transfer_->cancel();
      }) {
  if (arguments.timeout_ms > 0) deadline_.start_once(arguments.timeout_ms);
}

void SendFileCommand::on_state(ClientState state, const std::string& why) {
  if (state == ClientState::kWaiting) last_problem_ = why;
  if (state == ClientState::kClosed) fail(reason_for_closing(why));
  if (state != ClientState::kOnline || transfer_) return;
  book_.find(arguments_.to, [this](const Result<uint32_t>& peer) {
    if (transfer_ || client_.state() != ClientState::kOnline) return;
    if (!peer.ok()) {
      fail(peer.message());
      return;
    }
    const auto way = arguments_.online_only    ? FileTransfer::Way::kOnline
                     : arguments_.offline_only ? FileTransfer::Way::kOffline
                                               : FileTransfer::Way::kEither;
    static const FileOptions kOptions;
    transfer_.emplace(client_, parts_.network, worker_, kOptions, static_cast<FileTransfer::Listener&>(*this));
    transfer_->send(peer.value(), arguments_.path, way);
  });
}

void SendFileCommand::on_file_offered(FileTransfer& transfer) {
  last_problem_ = transfer.offer().offline ? "it was not all uploaded" : "they did not take it";
  if (!transfer.offer().offline) progress_.note("offered to " + arguments_.to + "; waits until it is taken");
}

void SendFileCommand::on_file_peer_ready(FileTransfer& /*transfer*/) {
  last_problem_ = "it was not all sent";
}

void SendFileCommand::on_file_progress(FileTransfer& transfer) {
  progress_.show(transfer, clock_.now());
}

void SendFileCommand::on_file_paused(FileTransfer& /*transfer*/, const std::string& why) {
  last_problem_ = why;
  progress_.note("not connected (" + why + "); trying again");
}

void SendFileCommand::on_file_ended(FileTransfer& transfer) {
  progress_.end();
  if (transfer.state() == FileTransfer::State::kFailed) {
    fail(transfer.problem());
    return;
  }
  const FileOffer& offer = transfer.offer();
  if (arguments_.json) {
    const nlohmann::ordered_json line{{"to", arguments_.to},
                                      {"name", offer.name},
                                      {"size", offer.size},
                                      {"way", offer.offline ? "offline" : "online"}};
    std::cout << json_text(line) << "\n";
  } else {
    std::cout << safe_file_name(offer.name) << (offer.offline ? " waits at the server\n" : " was received\n");
  }
  end(std::cout.flush() ? 0 : 1);
}

}  // namespace talkbeat
