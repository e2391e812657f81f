#include "msg_server/drain.h"

#include <algorithm>
#include <utility>

#include "base/go_away.h"
#include "base/log.h"
#include "msg_server/files/transfers.h"
#include "msg_server/place_list.h"

namespace talkbeat {

namespace {

constexpr Tick kFinishStepMs = 10;
constexpr Tick kReportMs = 1'000;

bool was_told(const Connection& connection) {
  return connection.attachment<ClientSession>().asked_to_move();
}

// It goes on until it is done, or drain.timeout: what it carries cannot go on elsewhere, or would have to begin again.
bool carries_file(const Connection& connection) {
  return connection.attachment<ClientSession>().phase == Phase::kTransfer;
}

// Over TLS, and it has not begun: there is nothing to finish for it, and no way to tell it more than goodbye.
bool is_before_handshake(const Connection& connection) {
  return connection.tls() != nullptr && connection.tls()->is_before_handshake();
}

bool is_online(const Connection& connection) {
  return connection.attachment<ClientSession>().phase == Phase::kOnline;
}

}  // namespace

Drain::Drain(MsgServerParts& parts, ClientPort& clients, Metrics& metrics, Hooks hooks)
    : parts_(parts),
      clients_(clients),
      hooks_(std::move(hooks)),
      timer_(parts.loop.timers(), [this] { on_timer(); }),
      report_timer_(parts.loop.timers(), [this] { report(); }) {
  const std::string told = "talkbeat_drain_told_total";
  const std::string doc = "Clients asked to go since this server is being stopped, by whether they were told where to.";
  told_a_place_ = metrics.counter(told, doc, {{"place", "named"}});
  told_no_place_ = metrics.counter(told, doc, {{"place", "none"}});
  Gauge draining = metrics.gauge("talkbeat_draining", "1: this server is being stopped, and takes no new clients.");
  metrics.before_render([this, draining]() mutable { draining.set(begun() ? 1 : 0); });
}

void Drain::begin() {
  if (begun()) return;
  stage_ = Stage::kDraining;
  take_no_more();
  schedule_ = DrainSchedule(now());
  last_told_ = now() - kStepMs;
  clients_.for_each([this](const Connection& connection) {
    if (!was_told(connection) && !carries_file(connection)) untold_.push_back(connection.id());
  });
  log_info("drain_begins", {{"clients", clients_.connections()},
                            {"spread_ms", parts_.config.drain.spread_ms},
                            {"timeout_ms", parts_.config.drain.timeout_ms}});
  timer_.start_every(kStepMs);
  report_timer_.start_every(kReportMs);
  drain_step();
}

void Drain::leave_now() {
  switch (stage_) {
    case Stage::kServing:
      stage_ = Stage::kDraining;
      take_no_more();
      finish(CloseReason::kServerStopping, kFinishNowMs);
      return;
    case Stage::kDraining:
      finish(CloseReason::kServerStopping, kFinishNowMs);
      return;
    case Stage::kFinishing:
      end();
      return;
    case Stage::kGone:
      return;
  }
}

// The login_servers are told first: whom they send here from now on would find the port closed.
void Drain::take_no_more() {
  begun_at_ = now();
  hooks_.announce();
  clients_.stop_accepting();
  parts_.transfers.take_no_more();
}

Tick Drain::closes_in_ms() const {
  if (stage_ != Stage::kDraining) return 0;
  return std::max<Tick>(0, begun_at_ + parts_.config.drain.timeout_ms - now());
}

void Drain::on_timer() {
  if (stage_ == Stage::kDraining) {
    drain_step();
  } else if (stage_ == Stage::kFinishing) {
    finish_step();
  }
}

void Drain::drain_step() {
  if (clients_.connections() == 0 || closes_in_ms() == 0) {
    finish(CloseReason::kDrained, kFinishMs);
  } else if (!asking_) {
    tell_next();
  }
}

void Drain::tell_next() {
  std::erase_if(untold_, [this](ConnId client) { return parts_.connections.find(client) == nullptr; });
  const size_t count = schedule_.take(now(), begun_at_ + parts_.config.drain.spread_ms, untold_.size());
  if (count == 0) return;
  const std::vector<ConnId> next(untold_.end() - static_cast<ptrdiff_t>(count), untold_.end());
  untold_.resize(untold_.size() - count);
  const Tick window = std::clamp<Tick>(now() - last_told_, kStepMs, PlaceFinder::kTimeoutMs);
  last_told_ = now();
  const auto wanted = std::ranges::count_if(next, [this](ConnId client) { return online(client); });
  if (wanted == 0) {
    tell(next, TbPlacesRsp(), window);
    return;
  }
  asking_ = true;
  hooks_.find_places(static_cast<uint32_t>(wanted), [this, next, window](const std::optional<TbPlacesRsp>& places) {
    asking_ = false;
    if (stage_ == Stage::kDraining) tell(next, places.value_or(TbPlacesRsp()), window);
  });
}

// Whoever has not logged in has no session to take along, and asks login_server itself.
void Drain::tell(const std::vector<ConnId>& clients, const TbPlacesRsp& places, Tick window) {
  PlaceList list(places);
  for (size_t i = 0; i < clients.size(); ++i) {
    Connection* connection = parts_.connections.find(clients[i]);
    if (connection == nullptr || was_told(*connection) || carries_file(*connection)) continue;
    if (is_before_handshake(*connection)) {
      connection->close(CloseReason::kDrained);
      continue;
    }
    const TbPlace* place = is_online(*connection) ? list.next() : nullptr;
    tell(*connection, place, window * static_cast<Tick>(i) / static_cast<Tick>(clients.size()));
  }
}

void Drain::tell(Connection& connection, const TbPlace* place, Tick reconnect_after) {
  TbGoAway notice;
  notice.set_reason(GO_AWAY_DRAIN);
  notice.set_text(words_for(GO_AWAY_DRAIN));
  notice.set_reconnect_after_ms(static_cast<uint32_t>(reconnect_after));
  // Who has come with TLS is not sent to a port without.
  const uint32_t port = place == nullptr ? 0 : connection.tls() != nullptr ? place->tls_port() : place->port();
  if (port != 0) {
    notice.set_ip(place->ip().empty() ? connection.local_address().ip : place->ip());
    notice.set_port(port);
  }
  ++told_;
  (port != 0 ? told_a_place_ : told_no_place_).add();
  if (connection.liveness() != nullptr) connection.liveness()->told_to_leave(connection, now(), closes_in_ms());
  send_go_away(connection, notice);
}

// Nothing more is taken from the clients: what the store was given is committed and acked, and then they are closed.
void Drain::finish(CloseReason reason, Tick at_most) {
  stage_ = Stage::kFinishing;
  reason_ = reason;
  finish_by_ = now() + at_most;
  report_timer_.cancel();
  clients_.for_each([this](Connection& connection) {
    connection.pause_reading(true);
    if (is_before_handshake(connection)) connection.close(reason_);
  });
  timer_.start_every(kFinishStepMs);
  finish_step();
}

void Drain::finish_step() {
  if (parts_.store.pending_writes() == 0 || now() >= finish_by_) end();
}

void Drain::end() {
  stage_ = Stage::kGone;
  timer_.cancel();
  log_info("drained", {{"told", told_},
                       {"closed", clients_.connections()},
                       {"unfinished_writes", parts_.store.pending_writes()},
                       {"took_ms", now() - begun_at_}});
  clients_.for_each([this](Connection& connection) { connection.close(reason_); });
  hooks_.gone();
}

void Drain::report() {
  log_info("drain_progress", {{"left", clients_.connections()}, {"told", told_}, {"closes_in_ms", closes_in_ms()}});
}

bool Drain::online(ConnId client) const {
  const Connection* connection = parts_.connections.find(client);
  return connection != nullptr && is_online(*connection);
}

}  // namespace talkbeat
