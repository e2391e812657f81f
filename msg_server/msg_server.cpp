#include "msg_server/msg_server.h"

#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/log.h"

namespace talkbeat {

namespace {

constexpr Tick kAskAgainMs = 1'000;

}  // namespace

MsgServer::MsgServer(EventLoop& loop, Store& store, Executor& hashing, Executor& files, Rng& rng, Metrics& metrics,
                     const MsgServerConfig& config, const ClusterKey& key)
    : loop_(loop),
      store_(store),
      metrics_(metrics),
      config_(config),
      epoch_(rng.next()),
      started_at_(loop.now()),
      sequence_timer_(loop.timers(), [this] { learn_sequence(); }),
      decoy_hash_(hash_password("nobody's password", config.password.cost)),
      close_log_(metrics, config.closed_kept),
      connections_(
          loop, [this](const Connection& connection, CloseReason reason) { close_log_.observe(connection, reason); }),
      users_(config.cluster.max_session_details),
      throttle_(config.password.throttle),
      logins_(key, metrics),
      client_liveness_(connections_, config.client),
      bus_(connections_, rng, config, key, epoch_, *this),
      watchers_(config.client.max_watched_users),
      groups_(group_loader(store), {.members = config.groups.cached_members,
                                    .waiting = config.groups.max_waiting,
                                    .waiting_bytes = config.groups.max_waiting_bytes}),
      delivery_(connections_, users_, watchers_, groups_, store, bus_, ledger_),
      status_(connections_, users_, watchers_, config.client.status_gather_ms),
      remote_presence_(loop, users_, status_, config.cluster),
      push_(loop, store, users_, rng, metrics, config.push),
      parts_{.config = config,
             .loop = loop,
             .connections = connections_,
             .store = store,
             .hashing = hashing,
             .users = users_,
             .bus = bus_,
             .groups = groups_,
             .ledger = ledger_,
             .delivery = delivery_,
             .watchers = watchers_,
             .status = status_,
             .push = push_,
             .throttle = throttle_,
             .logins = logins_,
             .liveness = client_liveness_,
             .sessions = sessions_,
             .transfers = transfers_,
             .rng = rng,
             .decoy_hash = decoy_hash_},
      ledger_check_(parts_, metrics),
      sessions_(parts_),
      transfers_(parts_, files, metrics),
      client_port_(parts_),
      drain_(parts_, client_port_, metrics,
             {.announce = [this] { bus_.report_now(); },
              .find_places = [this](uint32_t clients,
                                    PlaceFinder::Callback done) { bus_.find_places(clients, std::move(done)); },
              .gone =
                  [this] {
                    if (gone_) gone_();
                  }}),
      pages_(parts_, metrics, close_log_.closed(),
             {.health = [this] { return health(); },
              .ready = [this] { return bus_.connected() && !drain_.begun(); },
              .draining = [this] { return drain_.begun(); },
              .drain =
                  [this] {
                    log_info("stopping", {{"asked_by", "http"}});
                    drain();
                  }},
             [this](ConnId id, const HttpResponse& response) { http_.answer(id, response); }),
      http_(
          connections_, config.http,
          [this](const HttpRequest& request, const Connection& asker) { return pages_.respond(request, asker); },
          [this](const HttpRequest& head, const Connection& asker) { return pages_.judge(head, asker); }),
      http_listener_(loop, config.tcp.clients,
                     [this](SocketHandle socket, const Address& peer) { http_.accept(socket, peer); }) {
  add_metrics();
}

MsgServer::~MsgServer() = default;

Status MsgServer::start() {
  if (Status status = push_.start(); !status.ok()) return status;
  if (Status status = pages_.start(); !status.ok()) return status;
  if (Status status = transfers_.start(); !status.ok()) return status;
  if (Status status = client_port_.start(); !status.ok()) return status;
  if (Status status = http_listener_.start(config_.http_listen); !status.ok()) return status;
  bus_.start(parts_.ports);
  ledger_check_.start();
  learn_sequence();
  return {};
}

void MsgServer::learn_sequence() {
  store_.read<uint64_t>([](Database& db) { return db.latest_sequence(); },
                        [this](StoreResult<uint64_t> latest) {
                          if (!latest.ok()) return sequence_timer_.start_once(kAskAgainMs);
                          bus_.begin_at(latest.value());
                          delivery_.begin_at(latest.value());
                          ledger_.begins_at(place_before(latest.value(), store_.unanswered()));
                        });
}

void MsgServer::stop() {
  ledger_check_.look();
  client_port_.stop_accepting();
  http_listener_.stop();
  bus_.stop();
  connections_.close_all(CloseReason::kServerStopping);
  push_.finish();
}

void MsgServer::settings_changed() {
  client_liveness_.settings_changed(config_.client);
  client_port_.settings_changed();
  bus_.settings_changed();
  remote_presence_.settings_changed();
  throttle_.set_limits(config_.password.throttle);
  push_.settings_changed();
}

void MsgServer::on_relay(const TbRelay& relay) {
  delivery_.relayed(relay);
}

void MsgServer::on_relay_to(std::span<const UserId> users, std::span<const std::byte> pdu,
                            std::optional<ClientClass> only) {
  delivery_.relayed_to(users, pdu, only);
}

void MsgServer::on_sweep(uint64_t after_sequence) {
  delivery_.sweep(after_sequence);
}

void MsgServer::on_kick(UserId user, ClientClass client_class, IM::BaseDefine::KickReasonType reason,
                        uint64_t login_stamp) {
  sessions_.kicked_by_bus(user, client_class, reason, login_stamp);
}

void MsgServer::on_end_session(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp) {
  sessions_.ended_by_bus(user, client_class, reason, login_stamp);
}

void MsgServer::on_remote_online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session) {
  sessions_.heard_of_login(session.login_stamp);
  remote_presence_.online(source, user, client_class, session);
}

void MsgServer::on_remote_offline(size_t source, UserId user, ClientClass client_class) {
  remote_presence_.offline(source, user, client_class);
}

void MsgServer::on_source_lost(size_t source) {
  remote_presence_.source_lost(source, bus_.settled());
}

OwnLoad MsgServer::own_load() {
  if (loop_.now() != lag_taken_at_) {
    lag_taken_at_ = loop_.now();
    loop_lag_ms_ = loop_.take_worst_lag();
  }
  return {.connections = static_cast<uint32_t>(client_port_.connections()),
          .max_connections = static_cast<uint32_t>(config_.client.max_connections),
          .users = static_cast<uint32_t>(users_.local_users()),
          .draining = drain_.begun(),
          .loop_lag_ms = static_cast<uint32_t>(loop_lag_ms_)};
}

std::string MsgServer::health() const {
  nlohmann::ordered_json report{
      {"status", drain_.begun() ? "draining" : "ok"},
      {"name", config_.name},
      {"epoch", epoch_},
      {"uptime_seconds", (loop_.now() - started_at_) / 1000},
      {"connections", client_port_.connections()},
      {"users", users_.local_users()},
      {"login_servers", {{"registered", bus_.registered_links()}, {"configured", bus_.links()}}},
  };
  if (drain_.begun()) {
    report["clients_left"] = client_port_.connections();
    report["clients_told"] = drain_.told();
    report["closes_in_ms"] = drain_.closes_in_ms();
  }
  // A name that is no UTF-8 is shown with signs of replacement.
  return json_text(report) + "\n";
}

void MsgServer::add_metrics() {
  client_port_.tls().add_metrics(metrics_);
  Gauge connections = metrics_.gauge("talkbeat_client_connections", "Connections of clients.");
  Gauge users = metrics_.gauge("talkbeat_users", "Users who are logged in on this server.");
  Gauge links = metrics_.gauge("talkbeat_login_servers", "Login_servers that this server is registered with.");
  Gauge pending = metrics_.gauge("talkbeat_store_pending_writes", "Writes that wait for their commit.");
  Gauge batches = metrics_.gauge("talkbeat_store_batches", "Transactions committed since the start.");
  Gauge writes = metrics_.gauge("talkbeat_store_writes", "Writes committed since the start.");
  Gauge busy = metrics_.gauge("talkbeat_store_busy", "Calls refused since too much waited already.");
  Gauge swept = metrics_.gauge("talkbeat_swept_messages", "Messages delivered after a gap in the bus.");
  Gauge delayed = metrics_.gauge("talkbeat_group_messages_delayed",
                                 "Messages left to a sweep, since their groups' members were not known in time.");
  Gauge cached = metrics_.gauge("talkbeat_group_members_cached", "Members of groups in memory.");
  Gauge loads = metrics_.gauge("talkbeat_group_loads", "Groups read from the store since the start.");
  Gauge waiting = metrics_.gauge("talkbeat_group_messages_waiting", "Messages that wait for their groups' members.");
  Gauge messages = metrics_.gauge("talkbeat_messages", "Messages stored and sent on by this server since the start.");
  Gauge lag =
      metrics_.gauge("talkbeat_loop_lag_ms", "The worst lateness of a turn in the last report to login_server.");
  metrics_.before_render([=, this]() mutable {
    messages.set(static_cast<double>(delivery_.messages()));
    lag.set(static_cast<double>(loop_lag_ms_));
    connections.set(static_cast<double>(client_port_.connections()));
    users.set(static_cast<double>(users_.local_users()));
    links.set(static_cast<double>(bus_.registered_links()));
    pending.set(static_cast<double>(store_.pending_writes()));
    batches.set(static_cast<double>(store_.stats().batches));
    writes.set(static_cast<double>(store_.stats().writes));
    busy.set(static_cast<double>(store_.stats().busy));
    swept.set(static_cast<double>(delivery_.swept_messages()));
    delayed.set(static_cast<double>(delivery_.delayed_messages()));
    cached.set(static_cast<double>(groups_.members()));
    loads.set(static_cast<double>(groups_.stats().loads));
    waiting.set(static_cast<double>(groups_.waiting()));
  });
}

}  // namespace talkbeat
