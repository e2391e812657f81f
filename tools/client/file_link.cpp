#include "tools/client/file_link.h"

#include <algorithm>
#include <utility>

#include "tools/client/file_requests.h"
#include "tools/client/leave_notice.h"

namespace talkbeat {

namespace {

constexpr Tick kPduTimeoutMs = 60'000;
constexpr Tick kProvenMs = 10'000;  // so long a connection is worth another one
constexpr uint8_t kAlways = 1;      // the table has one phase

// Too much to do, or the disk: later it may work.
bool may_pass(uint32_t result_code) {
  return result_code == IM::BaseDefine::FILE_SERVER_ERRNO_CREATE_TASK_ERROR ||
         result_code == IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_MKDIR_ERROR ||
         result_code == IM::BaseDefine::FILE_SERVER_ERRNO_PULL_DATA_OPEN_FILE_ERROR;
}

}  // namespace

FileLink::FileLink(ClientNetwork& network, const FileOptions& options, Owner& owner)
    : network_(network),
      options_(options),
      owner_(owner),
      dialer_(network.loop(), options.tcp, options.connect_timeout_ms,
              [this](Result<SocketHandle> socket) { on_dialed(std::move(socket)); }),
      backoff_(options.backoff),
      retry_timer_(network.loop().timers(), [this] { connect(); }) {}

FileLink::~FileLink() {
  stop();
}

void FileLink::start(Task task) {
  CHECK(phase_ == Phase::kIdle);
  task_ = std::move(task);
  down_since_ = network_.own_time();
  if (task_.servers.empty()) {
    fail("the server has named no address for files");
  } else {
    connect();
  }
}

void FileLink::stop() {
  phase_ = Phase::kIdle;
  dialer_.stop();
  retry_timer_.cancel();
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kLoggedOut);
}

void FileLink::restart(const std::string& why) {
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kSilent);
  lost(why, 0);
}

void FileLink::note_progress() {
  down_since_ = network_.own_time();
  backoff_.reset();
}

void FileLink::add_server(const Address& server) {
  if (server.ip.empty() || std::ranges::count(task_.servers, server) + std::ranges::count(guesses_, server) > 0) return;
  task_.servers.push_back(server);
  guesses_.push_back(server);
}

void FileLink::connect() {
  phase_ = Phase::kConnecting;
  server_ = task_.servers[next_server_ % task_.servers.size()];
  ++next_server_;
  dialer_.dial(server_);
}

void FileLink::on_dialed(Result<SocketHandle> socket) {
  if (!socket.ok()) {
    lost(server_.to_string() + ": " + socket.message(), 0);
    return;
  }
  const LivenessPolicy policy{.heartbeat_interval_ms = options_.heartbeat_interval_ms,
                              .silence_timeout_ms = options_.silence_timeout_ms,
                              .handshake_timeout_ms = options_.login_timeout_ms,
                              .pdu_timeout_ms = kPduTimeoutMs};
  connection_ = network_.adopt(socket.value(), server_, *this, policy).id();
  phase_ = Phase::kLoggingIn;
  IM::File::IMFileLoginReq request;
  request.set_user_id(task_.user_id);
  request.set_task_id(task_.id);
  request.set_file_role(task_.role);
  send(request);
}

Verdict FileLink::on_pdu(Connection& /*connection*/, const PduHeader& header, std::span<const std::byte> body,
                         google::protobuf::Arena& arena) {
  static constexpr std::array kRoutes{
      route<&FileLink::on_answer>(kAlways),
      route<&FileLink::on_heartbeat>(kAlways),
      route<&FileLink::on_go_away>(kAlways),
      route<&FileLink::on_error>(kAlways),
  };
  static_assert(strictly_increasing(kRoutes), "a command stands twice or out of order");
  if (const auto* row = find_route(kRoutes, header)) return row->handle(*this, header, body, arena);
  return is_open() ? owner_.on_link_pdu(header, body, arena) : Verdict::handled();
}

Verdict FileLink::on_answer(FileLink& self, const PduHeader&, const IM::File::IMFileLoginRsp& answer) {
  if (self.phase_ != Phase::kLoggingIn) return Verdict::handled();
  if (answer.result_code() != 0) {
    self.refused(answer.result_code());
    return Verdict::handled();
  }
  Connection* connection = self.network_.find(self.connection_);
  connection->liveness()->handshake_done(*connection, connection->now());
  self.phase_ = Phase::kOpen;
  self.opened_at_ = self.network_.own_time();
  self.owner_.on_link_open();
  return Verdict::handled();
}

void FileLink::refused(uint32_t result_code) {
  const bool guessed = std::ranges::count(guesses_, server_) > 0;
  if (!guessed && !may_pass(result_code)) {
    fail(words_for_file_error(result_code));
    return;
  }
  if (guessed) std::erase(task_.servers, server_);
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kLoggedOut);
  lost(words_for_file_error(result_code), 0);
}

Verdict FileLink::on_heartbeat(FileLink&, const PduHeader&, const IM::Other::IMHeartBeat&) {
  return Verdict::handled();
}

// The server closes it, now or soon: the next connection goes on where this one ends.
Verdict FileLink::on_go_away(FileLink&, const PduHeader&, const TbGoAway&) {
  return Verdict::handled();
}

Verdict FileLink::on_error(FileLink& self, const PduHeader&, const TbError& error) {
  if (self.is_open() && self.owner_.on_link_refused(error)) return Verdict::handled();
  if (is_for_the_moment(error)) {
    self.network_.release(std::exchange(self.connection_, ConnId::kNone), CloseReason::kLoggedOut);
    self.lost(error.text(), error.retry_after_ms());
  } else {
    self.fail(error.text());
  }
  return Verdict::handled();
}

void FileLink::on_closed(Connection& connection, CloseReason reason) {
  connection_ = ConnId::kNone;
  lost(words_for_lost(connection, reason), 0);
}

void FileLink::on_heartbeat_due(Connection& connection) {
  send_pdu(connection, IM::Other::IMHeartBeat(), ++last_seq_);
}

void FileLink::on_drained(Connection& /*connection*/) {
  if (is_open()) owner_.on_link_drained();
}

void FileLink::lost(const std::string& why, Tick wait_ms) {
  const Tick now = network_.own_time();
  if (is_open() && now - opened_at_ >= kProvenMs) note_progress();
  if (now - down_since_ > options_.give_up_ms) {
    fail(why);
    return;
  }
  phase_ = Phase::kWaiting;
  retry_timer_.start_once(std::max<Tick>(1, wait_ms + backoff_.next_delay(network_.rng())));
  owner_.on_link_lost(why);
}

void FileLink::fail(const std::string& why) {
  stop();
  owner_.on_link_failed(why);
}

}  // namespace talkbeat
