#include "tools/client/login_attempt.h"

#include <algorithm>
#include <utility>

#include "tools/client/leave_notice.h"

namespace talkbeat {

using namespace IM::BaseDefine;

namespace {

constexpr Tick kPduTimeoutMs = 30'000;
constexpr uint8_t kAlways = 1;  // the table has one phase

}  // namespace

LoginAttempt::LoginAttempt(ClientNetwork& network, const ClientOptions& options, Credentials& credentials, Owner& owner)
    : network_(network),
      options_(options),
      credentials_(credentials),
      owner_(owner),
      finder_(network, options, [this](Result<std::vector<Address>> found) { on_found(std::move(found)); }),
      dialer_(network.loop(), options.tcp, options.connect_timeout_ms,
              [this](Result<SocketHandle> socket) { on_dialed(std::move(socket)); }) {}

LoginAttempt::~LoginAttempt() {
  stop();
}

void LoginAttempt::start(std::optional<Address> place, Tick heartbeat_interval_ms) {
  CHECK(!running());
  heartbeat_interval_ms_ = heartbeat_interval_ms;
  at_named_place_ = place.has_value();
  if (place) {
    try_addresses({*place});
  } else {
    ask_for_place();
  }
}

void LoginAttempt::stop() {
  phase_ = Phase::kIdle;
  finder_.stop();
  dialer_.stop();
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kLoggedOut);
}

// False: the owner has stopped it.
bool LoginAttempt::enter(Phase phase) {
  if (std::exchange(phase_, phase) == phase) return true;
  switch (phase) {
    case Phase::kResolving:
      owner_.on_progress(ClientState::kResolving, "asking login_server");
      break;
    case Phase::kConnecting:
      owner_.on_progress(ClientState::kConnecting, server_.to_string());
      break;
    case Phase::kLoggingIn:
      owner_.on_progress(ClientState::kLoggingIn, server_.to_string());
      break;
    case Phase::kConnected:
    case Phase::kIdle:
      break;
  }
  return phase_ == phase;
}

void LoginAttempt::report() {
  const Phase now = std::exchange(phase_, Phase::kIdle);
  if (now == Phase::kResolving) {
    enter(now);
    return;
  }
  if (enter(Phase::kConnecting)) enter(now);
}

// Each time anew, so that it never sticks to a msg_server that is dead or being drained.
void LoginAttempt::ask_for_place() {
  at_named_place_ = false;
  if (options_.msg_server) {
    try_addresses({*options_.msg_server});
  } else if (enter(Phase::kResolving)) {
    finder_.start();
  }
}

void LoginAttempt::on_found(Result<std::vector<Address>> found) {
  if (found.ok()) {
    try_addresses(std::move(found.value()));
  } else {
    fail({.why = found.message(), .final = finder_.distrusted(), .distrust = finder_.distrusted()});
  }
}

void LoginAttempt::try_addresses(std::vector<Address> addresses) {
  candidates_ = std::move(addresses);
  std::ranges::reverse(candidates_);
  server_ = candidates_.back();
  if (enter(Phase::kConnecting)) connect_next();
}

void LoginAttempt::connect_next() {
  if (!candidates_.empty()) {
    server_ = candidates_.back();
    candidates_.pop_back();
    dialer_.dial(server_);
  } else if (at_named_place_) {
    ask_for_place();
  } else {
    fail({.why = "msg_server " + server_.to_string() + ": " + last_error_});
  }
}

void LoginAttempt::on_dialed(Result<SocketHandle> socket) {
  if (!socket.ok()) {
    last_error_ = socket.message();
    connect_next();
    return;
  }
  const LivenessPolicy policy{.heartbeat_interval_ms = heartbeat_interval_ms_,
                              .handshake_timeout_ms = options_.login_timeout_ms,
                              .pdu_timeout_ms = kPduTimeoutMs,
                              .check_enabled = options_.check_enabled};
  connection_ = network_.adopt(socket.value(), server_, *this, policy).id();
  wait_ms_ = 0;
  told_why_.clear();
  if (enter(Phase::kConnected)) owner_.on_connected();
}

void LoginAttempt::log_in() {
  if (phase_ != Phase::kConnected) return;
  IM::Login::IMLoginReq request;
  credentials_.fill(request, network_.loop().now());
  request.set_online_status(USER_STATUS_ONLINE);
  request.set_client_type(options_.client_type);
  request.set_client_version(options_.client_version);
  send_pdu(*network_.find(connection_), request, 1);
  enter(Phase::kLoggingIn);
}

Verdict LoginAttempt::on_pdu(Connection& /*connection*/, const PduHeader& header, std::span<const std::byte> body,
                             google::protobuf::Arena& arena) {
  static constexpr std::array kRoutes{
      route<&LoginAttempt::on_answer>(kAlways),
      route<&LoginAttempt::on_kick>(kAlways),
      route<&LoginAttempt::on_go_away>(kAlways),
      route<&LoginAttempt::on_error>(kAlways),
  };
  static_assert(strictly_increasing(kRoutes), "a command stands twice or out of order");
  const auto* row = find_route(kRoutes, header);
  return row == nullptr ? Verdict::handled() : row->handle(*this, header, body, arena);
}

Verdict LoginAttempt::on_answer(LoginAttempt& self, const PduHeader&, const IM::Login::IMLoginRes& answer) {
  if (!self.logging_in()) return Verdict::handled();
  if (answer.result_code() != REFUSE_REASON_NONE) {
    self.refused(answer);
    return Verdict::handled();
  }
  self.credentials_.take(answer, self.network_.loop().now());
  self.phase_ = Phase::kIdle;
  self.owner_.on_logged_in(*self.network_.find(std::exchange(self.connection_, ConnId::kNone)), answer);
  return Verdict::handled();
}

void LoginAttempt::refused(const IM::Login::IMLoginRes& answer) {
  const ResultType code = answer.result_code();
  const std::string why = answer.result_string().empty() ? ResultType_Name(code) : answer.result_string();
  const bool wrong = code == REFUSE_REASON_DB_VALIDATE_FAILED && wait_ms_ == 0;
  if (wrong && credentials_.refused()) {
    network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kLoggedOut);
    candidates_.push_back(server_);
    if (enter(Phase::kConnecting)) connect_next();
  } else {
    fail({.why = why, .wait_ms = wait_ms_, .final = wrong || code == REFUSE_REASON_VERSION_TOO_OLD});
  }
}

Verdict LoginAttempt::on_kick(LoginAttempt& self, const PduHeader&, const IM::Login::IMKickUser& kick) {
  self.owner_.on_attempt_kicked(kick.kick_reason());
  return Verdict::handled();
}

Verdict LoginAttempt::on_go_away(LoginAttempt& self, const PduHeader&, const TbGoAway& notice) {
  self.told_why_ = words_of(notice);
  if (!leaves_time_to_move(notice.reason())) return Verdict::handled();  // it closes at once
  self.fail({.why = self.told_why_, .wait_ms = notice.reconnect_after_ms(), .place = place_in(notice)});
  return Verdict::handled();
}

Verdict LoginAttempt::on_error(LoginAttempt& self, const PduHeader&, const TbError& error) {
  if (error.command_id() != kCommandOf<IM::Login::IMLoginReq>) return Verdict::handled();
  self.wait_ms_ = std::max<Tick>(1, error.retry_after_ms());
  return Verdict::handled();
}

void LoginAttempt::on_closed(Connection& connection, CloseReason reason) {
  connection_ = ConnId::kNone;
  const bool distrust = was_distrusted(connection);
  fail({.why = told_why_.empty() ? words_for_lost(connection, reason) : told_why_,
        .wait_ms = wait_ms_,
        .final = distrust,
        .distrust = distrust});
}

void LoginAttempt::fail(const Failure& failure) {
  stop();
  owner_.on_attempt_failed(failure);
}

}  // namespace talkbeat
