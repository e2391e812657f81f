#include "tools/client/client.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "tools/client/client_handlers.h"
#include "tools/client/leave_notice.h"

namespace talkbeat {

using namespace IM::BaseDefine;

namespace {

constexpr Tick kMaxHeartbeatIntervalMs = 15 * 60'000;
// Before the login at the new place, for the answers of what has been asked at the old one.
constexpr Tick kQuietMs = 1'000;
// The old connection has gone, and the login at the new place has no answer yet: for so long that is no interruption.
constexpr Tick kArrivalMs = 1'000;

}  // namespace

Client::Client(ClientNetwork& network, ClientOptions options, ClientListener& listener)
    : network_(network),
      options_(std::move(options)),
      listener_(listener),
      credentials_(options_.user, options_.password),
      link_(network, options_),
      flow_(network, link_, options_, listener),
      attempt_(network, options_, credentials_, *this),
      backoff_(options_.backoff),
      retry_timer_(network.loop().timers(), [this] { begin_attempt(); }),
      proven_timer_(network.loop().timers(), [this] { backoff_.reset(); }),
      quiet_timer_(network.loop().timers(), [this] { attempt_.log_in(); }),
      arrival_timer_(network.loop().timers(),
                     [this] {
                       go_offline(lost_why_);
                       if (state_ == ClientState::kDisconnected) attempt_.report();
                     }),
      heartbeat_interval_ms_(options_.heartbeat_interval_ms) {}

Client::~Client() {
  network_.release(connection_, CloseReason::kLoggedOut);
}

void Client::start() {
  CHECK(state_ == ClientState::kDisconnected && !attempt_.running());
  begin_attempt();
}

void Client::stop() {
  if (state_ == ClientState::kOnline) link_.send(IM::Login::IMLogoutReq(), false);
  finish(ClosedBy::kStop, "stopped");
}

uint64_t Client::send_text(uint32_t peer, std::string body) {
  return send({SESSION_TYPE_SINGLE, peer}, MSG_TYPE_SINGLE_TEXT, std::move(body));
}

uint64_t Client::send_text(const ConversationId& to, std::string body) {
  return send(to, to.type == SESSION_TYPE_GROUP ? MSG_TYPE_GROUP_TEXT : MSG_TYPE_SINGLE_TEXT, std::move(body));
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
  info.server = attempt_.running() && state_ != ClientState::kOnline ? attempt_.server() : server_;
  info.user_id = profile_.user_id();
  info.rtt_ms = link_.rtt_ms();
  info.heartbeat_age_ms = link_.heartbeat_age_ms();
  info.reconnects = std::max(0, logins_ - 1);
  info.moves = moves_;
  info.unsent = flow_.unsent();
  info.distrusts = distrusts_;
  return info;
}

void Client::set_state(ClientState state, const std::string& why) {
  CHECK(may_follow(state_, state));
  state_ = state;
  listener_.on_state(state, why);
}

void Client::begin_attempt() {
  attempt_.start(std::exchange(place_, std::nullopt), heartbeat_interval_ms_);
}

void Client::on_progress(ClientState state, const std::string& what) {
  if (state_ != ClientState::kOnline) set_state(state, what);
}

// What has been asked is answered before the old server hears of the new login, and closes; what is asked meanwhile
// goes to the new one.
void Client::on_connected() {
  if (link_.is_open()) link_.hold();
  quiet_timer_.start_once(kQuietMs);
  log_in_when_quiet();
}

void Client::log_in_when_quiet() {
  if (!quiet_timer_.armed() || !link_.quiet()) return;
  quiet_timer_.cancel();
  attempt_.log_in();
}

void Client::on_logged_in(Connection& connection, const IM::Login::IMLoginRes& answer) {
  connection.liveness()->handshake_done(connection, connection.now());
  profile_ = answer.user_info();
  const bool moved = state_ == ClientState::kOnline;
  if (moved) leave_for(connection);
  if (state_ == ClientState::kClosed) {
    network_.release(connection.id(), CloseReason::kLoggedOut);
    return;
  }
  network_.hand_over(connection, *this);
  connection_ = connection.id();
  go_online(connection, moved);
}

void Client::leave_for(const Connection& connection) {
  arrival_timer_.cancel();
  flow_.go_offline();
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kLoggedOut);
  link_.lose("moved to " + connection.peer().to_string());
}

void Client::go_online(const Connection& connection, bool moved) {
  const std::string why = notice_ ? words_of(*notice_) : "";
  notice_.reset();
  place_.reset();
  ++(moved ? moves_ : logins_);
  distrusts_ = false;
  server_ = connection.peer();
  online_since_ = connection.now();
  proven_timer_.start_once(options_.proven_after_ms);
  link_.open(connection, heartbeat_interval_ms_);
  if (moved) {
    listener_.on_moved(server_, why);
  } else {
    set_state(ClientState::kOnline, server_.to_string());
  }
  if (state_ == ClientState::kOnline && link_.is_open()) flow_.go_online(profile_.user_id());
}

void Client::on_attempt_failed(const LoginAttempt::Failure& failure) {
  quiet_timer_.cancel();
  distrusts_ = failure.distrust;
  const bool was_trusted = failure.distrust && logins_ > 0;
  if (failure.final && !was_trusted) {
    finish(failure.distrust ? ClosedBy::kDistrust : ClosedBy::kRefusal, failure.why);
    return;
  }
  if (failure.place) place_ = failure.place;
  if (state_ == ClientState::kOnline && link_.is_open()) {
    link_.resume();  // we stay where we are
  } else if (state_ == ClientState::kOnline) {
    go_offline(failure.why);
  } else if (state_ == ClientState::kLoggingIn) {
    set_state(ClientState::kDisconnected, failure.why);
  }
  retry_later(failure.why, failure.wait_ms);
}

void Client::on_attempt_kicked(KickReasonType reason) {
  kicked(reason == KICK_REASON_MOBILE_KICK ? KickedBy::kMobile : KickedBy::kNewerLogin);
}

void Client::go_away(const TbGoAway& notice) {
  notice_ = notice;
  place_ = place_in(notice);
  if (leaves_time_to_move(notice.reason())) {
    move_soon();
  } else if (notice.reason() == GO_AWAY_TOO_MANY_PINGS) {
    heartbeat_interval_ms_ = std::min(2 * heartbeat_interval_ms_, kMaxHeartbeatIntervalMs);
  } else if (notice.reason() == GO_AWAY_REVOKED) {
    credentials_.drop_token();
  } else if (notice.reason() == GO_AWAY_KICKED) {
    kicked(KickedBy::kOperator);
  }
}

// Where no time is named, at some moment of the next half second: many hear the same in one moment.
void Client::move_soon() {
  if (attempt_.running()) return;
  const Tick share = static_cast<Tick>(network_.rng().below(static_cast<uint64_t>(options_.backoff.first_ms)));
  const Tick wait = notice_->has_reconnect_after_ms() ? Tick{notice_->reconnect_after_ms()} : share;
  const Tick stayed = network_.loop().now() - online_since_;
  retry_timer_.start_once(std::max({Tick{1}, wait, options_.least_stay_ms - stayed}));
}

// A login at another place that has been sent, or is about to be, has its answer in a moment: what is to be sent waits.
void Client::on_closed(Connection& connection, CloseReason reason) {
  connection_ = ConnId::kNone;
  const bool told_to_wait = notice_ && !leaves_time_to_move(notice_->reason());
  const Tick wait_ms = told_to_wait ? Tick{notice_->reconnect_after_ms()} : 0;
  lost_why_ = notice_ ? words_of(*notice_) : words_for_lost(connection, reason);
  if (attempt_.connected()) {
    flow_.go_offline();
    link_.lose(lost_why_);
    arrival_timer_.start_once(kArrivalMs);
    log_in_when_quiet();
    return;
  }
  go_offline(lost_why_);
  if (attempt_.running() && state_ == ClientState::kDisconnected) {
    attempt_.report();  // the way to the next one is being gone already
  } else {
    retry_later(lost_why_, wait_ms);
  }
}

void Client::go_offline(const std::string& why) {
  // Tries to move that failed do not make the way back longer.
  if (!proven_timer_.armed()) backoff_.reset();
  proven_timer_.cancel();
  arrival_timer_.cancel();
  notice_.reset();
  flow_.go_offline();
  link_.close(why);
  if (state_ != ClientState::kClosed) set_state(ClientState::kDisconnected, why);
}

void Client::retry_later(const std::string& why, Tick wait_ms) {
  if (state_ == ClientState::kClosed) return;
  // With a share of it on top: those who were told to wait equally long shall not come back in one moment.
  retry_timer_.start_once(std::max<Tick>(1, wait_ms + backoff_.next_delay(network_.rng())));
  if (state_ != ClientState::kOnline) set_state(ClientState::kWaiting, why);
}

void Client::kicked(KickedBy by) {
  listener_.on_kicked(by);
  finish(ClosedBy::kKick, words_for(by));
}

void Client::finish(ClosedBy by, const std::string& why) {
  if (state_ == ClientState::kClosed) return;
  closed_by_ = by;
  attempt_.stop();
  for (Timer* timer : {&retry_timer_, &proven_timer_, &quiet_timer_, &arrival_timer_}) timer->cancel();
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kLoggedOut);
  flow_.stop();
  set_state(ClientState::kClosed, why);
  link_.close(why);
}

Verdict Client::on_pdu(Connection& /*connection*/, const PduHeader& header, std::span<const std::byte> body,
                       google::protobuf::Arena& arena) {
  Verdict verdict = Verdict::handled();
  if (const auto* row = find_route(kServerRoutes, header)) {
    verdict = row->handle(*this, header, body, arena);
  } else {
    link_.take(header, body);
  }
  link_.heard(flow_.waits_for_ack());
  log_in_when_quiet();
  return verdict;
}

void Client::on_heartbeat_due(Connection& /*connection*/) {
  link_.beat();
}

}  // namespace talkbeat
