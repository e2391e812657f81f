#include "tools/talkchat/recv_file_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "tools/client/file_name.h"
#include "tools/client/file_requests.h"
#include "tools/client/terminal_text.h"

namespace talkbeat {

using namespace IM::File;

RecvFileCommand::RecvFileCommand(const ChatArguments& arguments)
    : ChatSession(arguments),
      arguments_(arguments),
      worker_("files", 1, 16, [&loop = loop_](Task task) { loop.post(std::move(task)); }),
      deadline_(loop_.timers(), [this] {
        progress_.end();
        late_ = true;
        std::string why = std::to_string(received_) + " of " + std::to_string(arguments_.count) + " files came in time";
        if (!last_problem_.empty()) why += ": " + last_problem_;
        fail(why);
        if (transfer_ != nullptr) transfer_->cancel();
      }) {
  deadline_.start_once(arguments.timeout_ms);
}

void RecvFileCommand::on_state(ClientState state, const std::string& why) {
  if (state == ClientState::kWaiting) last_problem_ = why;
  if (state == ClientState::kClosed) fail(reason_for_closing(why));
  if (state == ClientState::kOnline) fetch_waiting();
}

void RecvFileCommand::fetch_waiting() {
  IMFileHasOfflineReq request;
  request.set_user_id(client_.info().user_id);
  client_.request<IMFileHasOfflineReq, IMFileHasOfflineRsp>(request, [this](Answer<IMFileHasOfflineRsp> answer) {
    if (!answer.ok()) {
      last_problem_ = answer.message();
      return;
    }
    for (const FileOffer& offer : offers_in(answer.value(), client_.info().user_id, parts_.network.uses_tls()))
      on_file_offer(offer);
  });
}

void RecvFileCommand::on_file_offer(const FileOffer& offer) {
  if (!seen_.insert(offer.task_id).second) return;
  offers_.push_back(offer);
  receive_next();
}

void RecvFileCommand::receive_next() {
  if (offers_.empty() || received_ == arguments_.count || (transfer_ != nullptr && !transfer_->ended())) return;
  const FileOffer offer = offers_.front();
  offers_.pop_front();
  static const FileOptions kOptions;
  transfer_ = std::make_unique<FileTransfer>(client_, parts_.network, worker_, kOptions,
                                             static_cast<FileTransfer::Listener&>(*this));
  transfer_->receive(offer, arguments_.directory);
}

void RecvFileCommand::on_file_progress(FileTransfer& transfer) {
  progress_.show(transfer, clock_.now());
}

void RecvFileCommand::on_file_paused(FileTransfer& /*transfer*/, const std::string& why) {
  last_problem_ = why;
  progress_.note("not connected (" + why + "); trying again");
}

// One that does not come does not hold up the others.
void RecvFileCommand::on_file_ended(FileTransfer& transfer) {
  progress_.end();
  if (late_) return;
  if (transfer.state() == FileTransfer::State::kFailed) {
    last_problem_ = safe_file_name(transfer.offer().name) + ": " + transfer.problem();
    progress_.note("talkchat: " + last_problem_);
    loop_.post([this] { receive_next(); });
    return;
  }
  ++received_;
  const std::string path = (std::filesystem::path(arguments_.directory) / transfer.saved_as()).string();
  book_.learn({transfer.offer().from}, [this, offer = transfer.offer(), path] {
    print(offer, path);
    if (received_ == arguments_.count) end(0);
    loop_.post([this] { receive_next(); });
  });
}

void RecvFileCommand::print(const FileOffer& offer, const std::string& path) {
  if (arguments_.json) {
    const nlohmann::ordered_json line{{"from", book_.name_of(offer.from)},
                                      {"from_id", offer.from},
                                      {"name", offer.name},
                                      {"size", offer.size},
                                      {"path", path}};
    std::cout << json_text(line) << "\n";
  } else {
    std::cout << book_.name_of(offer.from) << ": " << printable(path) << "\n";
  }
  if (!std::cout.flush()) end(1);
}

}  // namespace talkbeat
