#include "tools/client/file_transfer.h"

#include <utility>

#include "tools/client/file_requests.h"

namespace talkbeat {

using namespace IM::BaseDefine;
using namespace IM::File;

namespace {

constexpr Tick kAgainMs = 500;

}  // namespace

FileTransfer::FileTransfer(Client& client, ClientNetwork& network, Executor& executor, const FileOptions& options,
                           Listener& listener)
    : client_(client),
      network_(network),
      executor_(executor),
      options_(options),
      listener_(listener),
      worker_(executor),
      again_timer_(network.loop().timers(), [this] { again(); }) {}

FileTransfer::~FileTransfer() = default;

void FileTransfer::send(uint32_t peer, const std::filesystem::path& path, Way way) {
  CHECK(state_ == State::kIdle);
  state_ = State::kAsking;
  outgoing_ = true;
  way_ = way;
  offer_.from = client_.info().user_id;
  offer_.to = peer;
  offer_.offline = way == Way::kOffline;
  asked_at_ = network_.own_time();
  const auto open = [path] { return FileReader::open(path); };
  const auto done = [this](Result<FileReader> file) { on_opened(std::move(file)); };
  if (!worker_.run<Result<FileReader>>(open, done)) end(State::kFailed, "too many files are under way");
}

void FileTransfer::on_opened(Result<FileReader> file) {
  if (ended()) return;
  if (!file.ok()) {
    end(State::kFailed, file.message());
    return;
  }
  source_ = std::make_shared<const FileReader>(std::move(file.value()));
  offer_.name = source_->name();
  offer_.size = source_->size();
  ask();
}

void FileTransfer::ask() {
  IMFileReq request;
  request.set_from_user_id(client_.info().user_id);
  request.set_to_user_id(offer_.to);
  request.set_file_name(offer_.name);
  request.set_file_size(offer_.size);
  request.set_trans_mode(offer_.offline ? FILE_TYPE_OFFLINE : FILE_TYPE_ONLINE);
  client_.request<IMFileReq, IMFileRsp>(request, [this, alive = std::weak_ptr(alive_)](Answer<IMFileRsp> answer) {
    if (!alive.expired() && state_ == State::kAsking) take_answer(answer);
  });
}

void FileTransfer::take_answer(const Answer<IMFileRsp>& answer) {
  if (answer.ok() && answer.value().result_code() == 0) {
    begin_sending(answer.value());
  } else if (answer.ok()) {
    take_refusal(answer.value().result_code());
  } else if (answer.code && !is_for_the_moment(static_cast<uint32_t>(*answer.code))) {
    end(State::kFailed, answer.message());
  } else {
    ask_later(answer.message());
  }
}

void FileTransfer::take_refusal(uint32_t result_code) {
  if (result_code == ERROR_NOT_ONLINE && way_ == Way::kEither && !offer_.offline) {
    offer_.offline = true;
    ask();
  } else if (is_for_the_moment(result_code)) {
    ask_later(words_for_result(result_code));
  } else {
    end(State::kFailed, words_for_result(result_code));
  }
}

// The client's connection comes back by itself, perhaps to a server that takes files.
void FileTransfer::ask_later(const std::string& why) {
  const bool closed = client_.state() == ClientState::kClosed;
  if (closed || network_.own_time() - asked_at_ > options_.give_up_ms) {
    end(State::kFailed, why);
    return;
  }
  again_timer_.start_once(kAgainMs);
}

void FileTransfer::again() {
  if (state_ == State::kAsking) ask();
  if (state_ == State::kEnding) take_off();
}

void FileTransfer::begin_sending(const IMFileRsp& answer) {
  IMFileNotify told;
  *told.mutable_ip_addr_list() = answer.ip_addr_list();
  offer_.servers = offer_in(told, network_.uses_tls()).servers;
  offer_.task_id = answer.task_id();
  state_ = State::kRunning;
  listener_.on_file_offered(*this);
  sending_.emplace(network_, executor_, options_, source_, static_cast<FileProgress&>(*this));
  sending_->start({offer_.task_id, offer_.servers, client_.info().user_id,
                   offer_.offline ? CLIENT_OFFLINE_UPLOAD : CLIENT_REALTIME_SENDER});
  if (cancelled_) sending_->cancel();
}

void FileTransfer::begin_receiving(const FileOffer& offer) {
  CHECK(state_ == State::kIdle);
  state_ = State::kRunning;
  offer_ = offer;
  receiving_.emplace(network_, executor_, options_, offer_, static_cast<FileProgress&>(*this));
}

void FileTransfer::receive(const FileOffer& offer, const std::filesystem::path& directory) {
  begin_receiving(offer);
  receiving_->start({offer_.task_id, offer_.servers, client_.info().user_id,
                     offer_.offline ? CLIENT_OFFLINE_DOWNLOAD : CLIENT_REALTIME_RECVER},
                    directory);
}

void FileTransfer::refuse(const FileOffer& offer) {
  begin_receiving(offer);
  refused_ = true;
  receiving_->refuse({offer_.task_id, offer_.servers, client_.info().user_id,
                      offer_.offline ? CLIENT_OFFLINE_DOWNLOAD : CLIENT_REALTIME_RECVER});
}

void FileTransfer::cancel() {
  if (ended() || state_ == State::kIdle || state_ == State::kEnding) return;
  cancelled_ = true;
  if (state_ == State::kAsking) {
    end(State::kFailed, "cancelled");
  } else if (sending_) {
    sending_->cancel();
  } else if (receiving_) {
    receiving_->cancel();
  }
}

void FileTransfer::on_bytes(uint32_t so_far) {
  bytes_ = so_far;
  listener_.on_file_progress(*this);
}

void FileTransfer::on_peer_ready() {
  listener_.on_file_peer_ready(*this);
}

// What lies at a server is known to its neighbours, too: where it has died, the one that the client is with now may
// have the file.
void FileTransfer::on_paused(const std::string& why) {
  const ClientInfo info = client_.info();
  if (offer_.offline && info.state == ClientState::kOnline) {
    if (sending_) sending_->add_server(info.server);
    if (receiving_) receiving_->add_server(info.server);
  }
  listener_.on_file_paused(*this, why);
}

void FileTransfer::on_complete(const std::string& name) {
  if (outgoing_) {
    bytes_ = offer_.size;
    end(State::kDone, "");
    return;
  }
  saved_as_ = name;
  asked_at_ = network_.own_time();
  state_ = State::kEnding;
  if (offer_.offline && !refused_) {
    take_off();
  } else {
    end(State::kDone, "");
  }
}

// The deletion has no answer; a request behind it has, which tells that it has arrived.
void FileTransfer::take_off() {
  IMFileDelOfflineReq request;
  request.set_from_user_id(offer_.from);
  request.set_to_user_id(client_.info().user_id);
  request.set_task_id(offer_.task_id);
  client_.tell(request);
  IMFileHasOfflineReq check;
  check.set_user_id(client_.info().user_id);
  client_.request<IMFileHasOfflineReq, IMFileHasOfflineRsp>(
      check, [this, alive = std::weak_ptr(alive_)](Answer<IMFileHasOfflineRsp> answer) {
        if (alive.expired() || state_ != State::kEnding) return;
        const bool closed = client_.state() == ClientState::kClosed;
        const bool late = network_.own_time() - asked_at_ > options_.give_up_ms;
        if (answer.ok() || answer.code || closed || late) {
          end(State::kDone, "");
        } else {
          again_timer_.start_once(kAgainMs);
        }
      });
}

void FileTransfer::on_failed(const std::string& why) {
  end(State::kFailed, why);
}

void FileTransfer::end(State state, const std::string& problem) {
  again_timer_.cancel();
  state_ = state;
  problem_ = problem;
  listener_.on_file_ended(*this);
}

}  // namespace talkbeat
