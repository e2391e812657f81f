#include "tools/client/client.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/wire_password.h"
#include "tools/client/client_handlers.h"

namespace talkbeat {

using namespace IM::BaseDefine;

namespace {

constexpr Tick kPduTimeoutMs = 30'000;
constexpr Tick kMaxHeartbeatIntervalMs = 15 * 60'000;

std::string words_for(CloseReason reason) {
  if (reason == CloseReason::kPeerClosed || reason == CloseReason::kPeerReset)
    return "the server closed the connection";
  if (reason == CloseReason::kSilent || reason == CloseReason::kUnacknowledged) return "the server does not answer";
  if (reason == CloseReason::kHandshakeTimeout) return "the server did not answer the login";
  return std::string("connection lost: ") + to_string(reason);
}

}  // namespace

Client::Client(ClientNetwork& network, ClientOptions options, ClientListener& listener)
    : network_(network),
      options_(std::move(options)),
      listener_(listener),
      link_(network, options_.response_timeout_ms),
      flow_(network, link_, options_, listener),
      finder_(network, options_, [this](Result<std::vector<Address>> found) { on_found(std::move(found)); }),
      dialer_(network.loop(), options_.tcp, options_.connect_timeout_ms,
              [this](Result<SocketHandle> socket) { on_dialed(std::move(socket)); }),
      backoff_(options_.backoff),
      retry_timer_(network.loop().timers(), [this] { find_server(); }),
      proven_timer_(network.loop().timers(), [this] { backoff_.reset(); }),
      go_away_timer_(network.loop().timers(), [this] { leave_server("the server asked to reconnect", 1); }),
      heartbeat_interval_ms_(options_.heartbeat_interval_ms) {}

Client::~Client() {
  network_.release(connection_, CloseReason::kLoggedOut);
}

void Client::start() {
  CHECK(state_ == ClientState::kDisconnected);
  find_server();
}

void Client::stop() {
  if (state_ == ClientState::kOnline) link_.send(IM::Login::IMLogoutReq(), false);
  finish(ClosedBy::kStop, "stopped");
}

uint64_t Client::send_text(uint32_t peer, std::string body) {
  return send({SESSION_TYPE_SINGLE, peer}, MSG_TYPE_SINGLE_TEXT, std::move(body));
}

uint64_t Client::send(const ConversationId& to, MsgType type, std::string body) {
  return flow_.send(to, type, std::move(body));
}

void Client::mark_read(const ConversationId& conversation, uint32_t msg_id) {
  flow_.mark_read(conversation, msg_id);
}

ClientInfo Client::info() const {
  ClientInfo info;
  info.state = state_;
  info.closed_by = closed_by_;
  info.server = server_;
  info.user_id = profile_.user_id();
  info.rtt_ms = rtt_ms_;
  if (heartbeat_sent_at_) info.heartbeat_age_ms = network_.loop().now() - *heartbeat_sent_at_;
  info.reconnects = std::max(0, logins_ - 1);
  info.unsent = flow_.unsent();
  return info;
}

void Client::set_state(ClientState state, const std::string& why) {
  CHECK(may_follow(state_, state));
  state_ = state;
  listener_.on_state(state, why);
}

// Each time anew, so that it never sticks to a msg_server that is dead or being drained.
void Client::find_server() {
  const std::optional<Address> known = sent_to_ ? std::exchange(sent_to_, std::nullopt) : options_.msg_server;
  if (known) {
    candidates_ = {*known};
    set_state(ClientState::kConnecting, known->to_string());
    if (state_ == ClientState::kConnecting) connect_next();
    return;
  }
  set_state(ClientState::kResolving, "asking login_server");
  if (state_ == ClientState::kResolving) finder_.start();
}

void Client::on_found(Result<std::vector<Address>> found) {
  if (!found.ok()) {
    retry_later(found.message(), 0);
    return;
  }
  candidates_ = std::move(found.value());
  std::ranges::reverse(candidates_);
  set_state(ClientState::kConnecting, candidates_.back().to_string());
  if (state_ == ClientState::kConnecting) connect_next();
}

void Client::connect_next() {
  if (candidates_.empty()) {
    retry_later("msg_server " + server_.to_string() + ": " + last_error_, 0);
    return;
  }
  server_ = candidates_.back();
  candidates_.pop_back();
  dialer_.dial(server_);
}

void Client::on_dialed(Result<SocketHandle> socket) {
  if (!socket.ok()) {
    last_error_ = socket.message();
    connect_next();
    return;
  }
  Connection& connection = network_.adopt(socket.value(), server_, *this, policy());
  connection_ = connection.id();
  log_in(connection);
  set_state(ClientState::kLoggingIn, server_.to_string());
}

LivenessPolicy Client::policy() const {
  return {.heartbeat_interval_ms = heartbeat_interval_ms_,
          .silence_timeout_ms = heartbeat_interval_ms_ + options_.response_timeout_ms,
          .handshake_timeout_ms = options_.login_timeout_ms,
          .pdu_timeout_ms = kPduTimeoutMs};
}

void Client::log_in(Connection& connection) {
  login_retry_after_ms_ = 0;
  heartbeat_seq_ = 0;
  IM::Login::IMLoginReq request;
  request.set_user_name(options_.user);
  request.set_password(token_.empty() ? wire_password(options_.password) : "");
  if (!token_.empty()) request.set_session_token(token_);
  request.set_online_status(USER_STATUS_ONLINE);
  request.set_client_type(options_.client_type);
  request.set_client_version(options_.client_version);
  send_pdu(connection, request, 1);
}

void Client::logged_in(const IM::Login::IMLoginRes& answer) {
  Connection* connection = network_.find(connection_);
  connection->liveness()->handshake_done(*connection);
  profile_ = answer.user_info();
  token_ = answer.session_token();
  ++logins_;
  link_.open(*connection);
  proven_timer_.start_once(options_.proven_after_ms);
  set_state(ClientState::kOnline, server_.to_string());
  if (state_ == ClientState::kOnline) flow_.go_online(profile_.user_id());
}

void Client::login_refused(const IM::Login::IMLoginRes& answer) {
  const ResultType code = answer.result_code();
  const std::string why = answer.result_string().empty() ? ResultType_Name(code) : answer.result_string();
  if (login_retry_after_ms_ > 0) {
    leave_server(why, login_retry_after_ms_);
  } else if (code == REFUSE_REASON_DB_VALIDATE_FAILED && !token_.empty()) {
    token_.clear();
    leave_server("the session token is not valid any more", 1);
  } else if (code == REFUSE_REASON_DB_VALIDATE_FAILED || code == REFUSE_REASON_VERSION_TOO_OLD) {
    finish(ClosedBy::kRefusal, why);
  } else {
    leave_server(why, 0);
  }
}

void Client::go_away(const TbGoAway& notice) {
  if (notice.reason() == GO_AWAY_TOO_MANY_PINGS) {
    heartbeat_interval_ms_ = std::min(2 * heartbeat_interval_ms_, kMaxHeartbeatIntervalMs);
  }
  const auto ip = normal_ip(notice.ip());
  if (ip && notice.port() > 0 && notice.port() <= UINT16_MAX) sent_to_ = {*ip, static_cast<uint16_t>(notice.port())};
  go_away_timer_.start_once(std::max<Tick>(1, notice.reconnect_after_ms()));
}

// `wait_ms` 0: as the backoff says.
void Client::leave_server(const std::string& why, Tick wait_ms) {
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kLoggedOut);
  disconnected(why);
  retry_later(why, wait_ms);
}

void Client::on_closed(Connection&, CloseReason reason) {
  connection_ = ConnId::kNone;
  const std::string why = words_for(reason);
  const Tick wait_ms = login_retry_after_ms_;
  disconnected(why);
  retry_later(why, wait_ms);
}

void Client::disconnected(const std::string& why) {
  proven_timer_.cancel();
  go_away_timer_.cancel();
  heartbeat_seq_ = 0;
  flow_.go_offline();
  link_.close(why);
  if (state_ != ClientState::kClosed) set_state(ClientState::kDisconnected, why);
}

void Client::retry_later(const std::string& why, Tick wait_ms) {
  if (state_ == ClientState::kClosed) return;
  // With a share of it on top: those who were told to wait equally long shall not come back in one moment.
  const Tick delay = wait_ms > 1 ? wait_ms + backoff_.next_delay(network_.rng())
                                 : (wait_ms == 1 ? 1 : backoff_.next_delay(network_.rng()));
  retry_timer_.start_once(delay);
  set_state(ClientState::kWaiting, why);
}

void Client::finish(ClosedBy by, const std::string& why) {
  if (state_ == ClientState::kClosed) return;
  closed_by_ = by;
  finder_.stop();
  dialer_.stop();
  retry_timer_.cancel();
  proven_timer_.cancel();
  go_away_timer_.cancel();
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kLoggedOut);
  flow_.stop();
  set_state(ClientState::kClosed, why);
  link_.close(why);
}

Verdict Client::on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body,
                       google::protobuf::Arena& arena) {
  if (connection.id() != connection_) return Verdict::handled();
  const ClientPhase phase = state_ == ClientState::kOnline ? ClientPhase::kOnline : ClientPhase::kLoggingIn;
  Verdict verdict = Verdict::handled();
  if (const auto* row = find_route(kServerRoutes, header)) {
    if ((row->phases & in({phase})) != 0) verdict = row->handle(*this, header, body, arena);
  } else {
    link_.take(header, body);
  }
  link_.heard(flow_.waits_for_ack() || heartbeat_seq_ != 0);
  return verdict;
}

void Client::on_heartbeat_due(Connection& /*connection*/) {
  if (state_ == ClientState::kOnline) beat();
}

void Client::beat() {
  heartbeat_seq_ = link_.send(IM::Other::IMHeartBeat(), true);
  heartbeat_sent_at_ = network_.loop().now();
}

// One that answers none of ours is the server's question whether we are there.
void Client::take_heartbeat(uint16_t seq_num) {
  if (heartbeat_seq_ != 0 && seq_num == heartbeat_seq_) {
    heartbeat_seq_ = 0;
    rtt_ms_ = network_.loop().now() - *heartbeat_sent_at_;
  } else if (state_ == ClientState::kOnline && heartbeat_seq_ == 0) {
    beat();
  }
}

}  // namespace talkbeat
