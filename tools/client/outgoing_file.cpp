#include "tools/client/outgoing_file.h"

#include <algorithm>
#include <utility>

namespace talkbeat {

using namespace IM::BaseDefine;
using namespace IM::File;

OutgoingFile::OutgoingFile(ClientNetwork& network, Executor& executor, const FileOptions& options,
                           std::shared_ptr<const FileReader> file, FileProgress& progress)
    : worker_(executor), file_(std::move(file)), progress_(progress), link_(network, options, *this) {}

void OutgoingFile::cancel() {
  cancelling_ = true;
  if (link_.is_open()) say_cancelled("cancelled");
}

void OutgoingFile::say_cancelled(const std::string& why) {
  IMFileState state;
  state.set_state(CLIENT_FILE_CANCEL);
  state.set_task_id(link_.task().id);
  state.set_user_id(link_.task().user_id);
  link_.send(state);
  fail(why);
}

void OutgoingFile::on_link_open() {
  if (cancelling_) {
    say_cancelled("cancelled");
    return;
  }
  ++round_;
  pulls_.clear();
  step_ = Step::kIdle;
}

Verdict OutgoingFile::on_link_pdu(const PduHeader& header, std::span<const std::byte> body,
                                  google::protobuf::Arena& arena) {
  static constexpr std::array kRoutes{route<&OutgoingFile::on_state>(1), route<&OutgoingFile::on_pull>(1)};
  static_assert(strictly_increasing(kRoutes), "a command stands twice or out of order");
  const auto* row = find_route(kRoutes, header);
  return row == nullptr ? Verdict::handled() : row->handle(*this, header, body, arena);
}

Verdict OutgoingFile::on_state(OutgoingFile& self, const PduHeader&, const IMFileState& state) {
  switch (state.state()) {
    case CLIENT_FILE_PEER_READY:
      self.peer_came_ = true;
      self.progress_.on_peer_ready();
      break;
    case CLIENT_FILE_DONE:
      self.link_.stop();
      self.progress_.on_complete(self.file_->name());
      break;
    case CLIENT_FILE_REFUSE:
      self.fail("they refused it");
      break;
    case CLIENT_FILE_CANCEL:
      if (self.link_.task().role == CLIENT_OFFLINE_UPLOAD) {
        self.fail("the server gave it up");
      } else {
        self.fail(self.peer_came_ ? "they cancelled it, or went offline" : "they did not take it in time");
      }
      break;
  }
  return Verdict::handled();
}

Verdict OutgoingFile::on_pull(OutgoingFile& self, const PduHeader& header, const IMFilePullDataReq& pull) {
  if (self.pulls_.size() >= kMaxPulls) return Verdict::close(CloseReason::kProtocolError);
  self.pulls_.push_back({header.seq_num, pull.offset(), pull.data_size()});
  self.answer_next();
  return Verdict::handled();
}

void OutgoingFile::answer_next() {
  if (step_ != Step::kIdle || pulls_.empty() || !link_.is_open()) return;
  step_ = Step::kReading;
  const Pull pull = pulls_.front();
  pulls_.pop_front();
  const bool fits = pull.size > 0 && pull.size <= kMaxPiece && pull.offset < file_->size();
  const auto read = [file = file_, pull, fits]() -> Result<std::string> {
    if (!fits) return std::string();
    return file->read(pull.offset, pull.size);
  };
  const auto done = [this, pull, round = round_](Result<std::string> piece) {
    if (round == round_ && link_.is_open()) answer(pull, piece);
  };
  if (!worker_.run<Result<std::string>>(read, done)) fail("too many files are under way");
}

void OutgoingFile::answer(const Pull& pull, const Result<std::string>& piece) {
  IMFilePullDataRsp response;
  const bool usable = piece.ok() && !piece.value().empty();
  const FileServerError unusable =
      piece.ok() ? FILE_SERVER_ERRNO_PULL_DATA_SEEK_OFFSET_ERROR : FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR;
  response.set_result_code(usable ? FILE_SERVER_ERRNO_OK : unusable);
  response.set_task_id(link_.task().id);
  response.set_user_id(link_.task().user_id);
  response.set_offset(pull.offset);
  response.set_file_data(usable ? piece.value() : "");
  step_ = Step::kLeaving;
  link_.answer(response, pull.seq_num);
  if (!piece.ok()) {
    say_cancelled(piece.message());
    return;
  }
  if (!usable) return;
  sent_until_ = std::max(sent_until_, pull.offset + static_cast<uint32_t>(piece.value().size()));
  link_.note_progress();
  progress_.on_bytes(sent_until_);
}

void OutgoingFile::on_link_drained() {
  if (step_ != Step::kLeaving) return;
  step_ = Step::kIdle;
  answer_next();
}

void OutgoingFile::on_link_lost(const std::string& why) {
  ++round_;
  if (cancelling_) {
    fail("cancelled");
  } else {
    progress_.on_paused(why);
  }
}

void OutgoingFile::on_link_failed(const std::string& why) {
  const bool all_sent = sent_until_ == file_->size() && peer_came_;
  progress_.on_failed(all_sent ? "all of it was sent, but whether it arrived is not known: " + why : why);
}

void OutgoingFile::fail(const std::string& why) {
  link_.stop();
  progress_.on_failed(why);
}

}  // namespace talkbeat
