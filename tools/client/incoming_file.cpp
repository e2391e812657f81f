#include "tools/client/incoming_file.h"

#include <algorithm>
#include <utility>

#include "tools/client/file_requests.h"

namespace talkbeat {

using namespace IM::BaseDefine;
using namespace IM::File;

namespace {

constexpr uint32_t kLeastPiece = 4 << 10;

}  // namespace

IncomingFile::IncomingFile(ClientNetwork& network, Executor& executor, const FileOptions& options, FileOffer offer,
                           FileProgress& progress)
    : options_(options),
      offer_(std::move(offer)),
      worker_(executor),
      progress_(progress),
      link_(network, options, *this),
      stall_timer_(network.loop().timers(), [this] { stalled(); }),
      piece_(options.piece),
      window_(options.window) {}

void IncomingFile::start(FileLink::Task task, const std::filesystem::path& directory) {
  const auto open = [directory, offer = offer_] { return FileWriter::open(directory, offer); };
  const auto done = [this, task](Result<FileWriter> file) {
    on_opened(std::move(file));
    if (!over_) link_.start(task);
  };
  if (!worker_.run<Result<FileWriter>>(open, done)) fail("too many files are under way");
}

void IncomingFile::on_opened(Result<FileWriter> file) {
  if (over_) {
    if (file.ok() && file.value().size() == 0) file.value().discard();
    return;
  }
  if (!file.ok()) {
    fail(file.message());
    return;
  }
  file_ = std::make_shared<FileWriter>(std::move(file.value()));
  written_until_ = file_->size();
  if (written_until_ > 0) progress_.on_bytes(written_until_);
}

void IncomingFile::refuse(FileLink::Task task) {
  refusing_ = true;
  link_.start(std::move(task));
}

void IncomingFile::cancel() {
  if (link_.is_open() && !online()) say(CLIENT_FILE_CANCEL);
  fail("cancelled");
}

// Where the sender is gone nobody ever sends the rest; what lies at the server may be gone on with another time.
void IncomingFile::discard_part() {
  if (file_ == nullptr || finishing_ || !online()) return;
  const auto discard = [file = file_] {
    file->discard();
    return Status();
  };
  if (!worker_.run<Status>(discard, [](const Status&) {})) file_->discard();
}

void IncomingFile::say(ClientFileState state) {
  IMFileState message;
  message.set_state(state);
  message.set_task_id(offer_.task_id);
  message.set_user_id(link_.task().user_id);
  link_.send(message);
}

void IncomingFile::on_link_open() {
  if (refusing_) {
    say(CLIENT_FILE_REFUSE);
    conclude();
    return;
  }
  if (!name_.empty()) {
    say(CLIENT_FILE_DONE);
    conclude();
    return;
  }
  unanswered_ = 0;
  misfit_ = false;
  // What has been received of the earlier connection and waits to be written counts.
  received_until_ = written_until_;
  for (const std::string& piece : pieces_) received_until_ += static_cast<uint32_t>(piece.size());
  pull_again();
}

void IncomingFile::pull_again() {
  asked_until_ = received_until_;
  pull();
  if (may_be_done()) finish();
}

// The server takes an online file as received only when both have been there; an empty one needs no bytes of the
// sender.
bool IncomingFile::may_be_done() const {
  return written_until_ == offer_.size && (offer_.size > 0 || !online() || sender_came_);
}

// Not more than the window is ever on its way or in memory.
void IncomingFile::pull() {
  if (!link_.is_open() || misfit_) return;
  const auto waiting = static_cast<uint32_t>(pieces_.size());
  while (asked_until_ < offer_.size && unanswered_ + waiting < window_) {
    const uint32_t count = std::min(piece_, offer_.size - asked_until_);
    IMFilePullDataReq request;
    request.set_task_id(offer_.task_id);
    request.set_user_id(link_.task().user_id);
    request.set_trans_mode(online() ? FILE_TYPE_ONLINE : FILE_TYPE_OFFLINE);
    request.set_offset(asked_until_);
    request.set_data_size(count);
    link_.send(request);
    asked_until_ += count;
    ++unanswered_;
  }
  if (unanswered_ > 0 && !stall_timer_.armed()) stall_timer_.start_once(options_.stall_timeout_ms);
}

Verdict IncomingFile::on_link_pdu(const PduHeader& header, std::span<const std::byte> body,
                                  google::protobuf::Arena& arena) {
  static constexpr std::array kRoutes{route<&IncomingFile::on_state>(1), route<&IncomingFile::on_piece>(1)};
  static_assert(strictly_increasing(kRoutes), "a command stands twice or out of order");
  const auto* row = find_route(kRoutes, header);
  return row == nullptr ? Verdict::handled() : row->handle(*this, header, body, arena);
}

Verdict IncomingFile::on_state(IncomingFile& self, const PduHeader&, const IMFileState& state) {
  switch (state.state()) {
    case CLIENT_FILE_PEER_READY:
      self.sender_came_ = true;
      self.progress_.on_peer_ready();
      if (!self.over_ && self.may_be_done()) self.finish();
      break;
    case CLIENT_FILE_CANCEL:
    case CLIENT_FILE_REFUSE:
      if (self.finishing_) {
        self.nobody_to_tell();
      } else {
        self.fail(self.online() ? "the sender cancelled it, or went offline" : "the server gave it up");
      }
      break;
    case CLIENT_FILE_DONE:
      break;
  }
  return Verdict::handled();
}

// A server may give less than was asked for: the answers to what was asked behind it do not fit any more.
Verdict IncomingFile::on_piece(IncomingFile& self, const PduHeader&, const IMFilePullDataRsp& piece) {
  if (self.finishing_ || self.over_ || self.unanswered_ == 0) return Verdict::handled();
  --self.unanswered_;
  if (piece.result_code() != FILE_SERVER_ERRNO_OK) {
    self.fail(words_for_file_error(piece.result_code()));
  } else if (piece.offset() == self.received_until_) {
    self.take(piece.file_data());
  } else {
    self.misfit_ = true;
  }
  if (!self.over_) self.ask_on();
  return Verdict::handled();
}

void IncomingFile::ask_on() {
  if (unanswered_ == 0) {
    misfit_ = false;
    asked_until_ = received_until_;
  }
  pull();
}

// More requests at a time than this server takes: the one that was refused leaves a hole.
bool IncomingFile::on_link_refused(const TbError& error) {
  const bool too_many = error.code() == ERROR_LIMIT_REACHED && window_ > 1 && unanswered_ > 1;
  if (error.command_id() != kCommandOf<IMFilePullDataReq> || !too_many) return false;
  --window_;
  --unanswered_;
  misfit_ = true;
  ask_on();
  return true;
}

void IncomingFile::take(const std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  if (size == 0 || size > piece_ || size > offer_.size - received_until_) {
    fail("the server sent what was not asked for");
    return;
  }
  stall_timer_.cancel();
  stalls_ = 0;
  received_until_ += size;
  if (received_until_ < offer_.size) piece_ = std::max(size, std::min(kLeastPiece, piece_));
  pieces_.push_back(bytes);
  link_.note_progress();
  write_next();
}

void IncomingFile::write_next() {
  if (writing_ || pieces_.empty()) return;
  writing_ = true;
  const auto write = [file = file_, offset = written_until_, piece = pieces_.front()] {
    return file->write(offset, piece);
  };
  const auto done = [this](Status written) { on_written(written); };
  if (!worker_.run<Status>(write, done)) fail("too many files are under way");
}

void IncomingFile::on_written(const Status& written) {
  writing_ = false;
  if (over_) return;
  if (!written.ok()) {
    fail(written.message());
    return;
  }
  written_until_ += static_cast<uint32_t>(pieces_.front().size());
  pieces_.pop_front();
  progress_.on_bytes(written_until_);
  if (over_) return;
  write_next();
  pull();
  if (written_until_ == offer_.size) finish();
}

// The sender hears of it when the file has its name, on the disk.
void IncomingFile::finish() {
  if (std::exchange(finishing_, true)) return;
  stall_timer_.cancel();
  const auto done = [this](Result<std::string> name) {
    if (over_) return;
    if (!name.ok()) {
      fail(name.message());
      return;
    }
    name_ = name.value();
    const bool told = link_.is_open();
    if (told) say(CLIENT_FILE_DONE);
    if (told || unreachable_ || !online()) conclude();
  };
  if (!worker_.run<Result<std::string>>([file = file_] { return file->finish(); }, done)) {
    fail("too many files are under way");
  }
}

void IncomingFile::conclude() {
  over_ = true;
  link_.stop();
  progress_.on_complete(name_);
}

void IncomingFile::on_link_lost(const std::string& why) {
  stall_timer_.cancel();
  if (name_.empty()) progress_.on_paused(why);
}

void IncomingFile::on_link_failed(const std::string& why) {
  if (finishing_) {
    nobody_to_tell();
  } else {
    fail(why);
  }
}

// The file is here, or will be in a moment.
void IncomingFile::nobody_to_tell() {
  unreachable_ = true;
  link_.stop();
  if (!name_.empty()) conclude();
}

void IncomingFile::stalled() {
  if (++stalls_ < kMaxStalls) {
    link_.restart("no bytes came");
  } else {
    fail("no bytes came");
  }
}

void IncomingFile::fail(const std::string& why) {
  over_ = true;
  stall_timer_.cancel();
  if (link_.is_open() && online()) say(CLIENT_FILE_CANCEL);
  link_.stop();
  discard_part();
  progress_.on_failed(why);
}

}  // namespace talkbeat
