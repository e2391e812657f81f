#include "login_server/cluster.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/pdu_protocol.h"
#include "proto/end_reason.h"
#include "proto/login_stamp.h"

namespace talkbeat::login {

namespace {

// An end of a session that names no login means whatever session there is.
constexpr uint64_t kAnyStamp = UINT64_MAX;

// A link may be cut for so long until it is closed, for silence or for what its peer's kernel does not acknowledge.
constexpr Tick kLinkInDoubt = 60'000;

void take_info(MsgServer& server, const IM::Server::IMMsgServInfo& info) {
  server.ip1 = info.ip1();
  server.ip2 = info.ip2();
  server.port = static_cast<uint16_t>(info.port());
  server.tls_port = static_cast<uint16_t>(info.tls_port());
  server.http_port = static_cast<uint16_t>(info.http_port());
  server.max_connections = info.max_conn_cnt();
  server.connections = info.cur_conn_cnt();
  server.draining = info.draining();
}

// A relay goes on as it came: only its header is ours.
void write_relay(std::span<const std::byte> body, std::span<std::byte> into) {
  encode_header(header_of(kCommandOf<TbRelay>, 0, body.size()), into);
  std::ranges::copy(body, into.subspan(kPduHeaderSize).begin());
}

uint64_t lower(std::optional<uint64_t> known, uint64_t sequence) {
  return std::min(known.value_or(sequence), sequence);
}

SharedBytes whole_relay(std::span<const std::byte> body) {
  SharedBytes pdu(kPduHeaderSize + body.size());
  write_relay(body, pdu.bytes());
  return pdu;
}

void log_server(const char* event, const MsgServer& server) {
  log_info(event, {{"conn", server.id},
                   {"name", server.name},
                   {"epoch", server.epoch},
                   {"ip1", server.ip1},
                   {"ip2", server.ip2},
                   {"port", server.port},
                   {"connections", server.connections},
                   {"max_connections", server.max_connections},
                   {"draining", server.draining}});
}

}  // namespace

Cluster::Cluster(ConnectionTable& connections, Metrics& metrics, const LoginServerConfig& config)
    : connections_(connections), recent_relays_({}), feed_(connections, presence_, config.presence) {
  const std::string relays = "talkbeat_relays_total";
  const std::string relays_doc = "PDUs that msg_servers gave us for users on other ones.";
  relays_forwarded_ = metrics.counter(relays, relays_doc, {{"result", "forwarded"}});
  relays_dropped_ = metrics.counter(relays, relays_doc, {{"result", "dropped"}});
  relay_copies_ = metrics.counter("talkbeat_relay_copies_total", "Copies of relayed PDUs sent to msg_servers.");
  kicks_ = metrics.counter("talkbeat_kicks_total", "Kicks sent to msg_servers.");
  sweeps_ = metrics.counter("talkbeat_sweeps_total", "Times that the msg_servers were told to sweep.");
  Gauge servers = metrics.gauge("talkbeat_msg_servers", "msg_servers that are registered.");
  Gauge users = metrics.gauge("talkbeat_users_online", "Users with at least one session.");
  metrics.before_render([this, servers, users]() mutable {
    servers.set(static_cast<double>(registry_.size()));
    users.set(static_cast<double>(presence_.users()));
  });
}

void Cluster::add_server(Connection& link, const ServerIdentity& identity, const IM::Server::IMMsgServInfo& info) {
  while (const MsgServer* older = registry_.find_name(identity.name)) {
    connections_.find(link_of(older->id))->close(CloseReason::kReplaced);
  }
  MsgServer server;
  server.id = server_of(link);
  server.name = identity.name;
  server.epoch = identity.epoch;
  server.link_ip = link.peer().ip;
  server.registered_at = link.now();
  take_info(server, info);
  if (info.has_after_sequence()) server.message_sequence = server.sweep_after = info.after_sequence();
  if (const auto owed = owed_.extract(identity.name)) server.sweep_after = lower(server.sweep_after, owed.mapped());
  presence_.add_server(server.id, server.name);
  log_server("msg_server_registered", registry_.add(std::move(server)));
  if (info.has_after_sequence()) begin_ = lower(begin_, info.after_sequence());
  if (const auto after = missed_after(identity.name, info)) sweep_others(server_of(link), *after);
}

// Where nothing is known of an earlier link of that name, another process of it may have been cut off all the time.
std::optional<uint64_t> Cluster::missed_after(const std::string& name, const IM::Server::IMMsgServInfo& info) {
  std::optional<uint64_t> after = begin_;
  if (const auto lost = lost_.extract(name)) after = lost.mapped();
  return info.has_after_sequence() ? lower(after, info.after_sequence()) : after;
}

void Cluster::note_owed(const std::string& name) {
  const Tick since = connections_.loop().now() - kLinkInDoubt;
  for (const Told& told : told_) {
    if (told.at < since) continue;
    const auto [owed, added] = owed_.emplace(name, told.after_sequence);
    if (!added) owed->second = std::min(owed->second, told.after_sequence);
  }
}

void Cluster::update_server(ServerId id, const IM::Server::IMMsgServInfo& info) {
  MsgServer* server = registry_.find(id);
  if (server == nullptr) return;
  const uint32_t connections = server->connections;
  take_info(*server, info);
  if (server->connections > connections) server->arrived(server->connections - connections);
  log_server("msg_server_changed", *server);
}

void Cluster::remove_server(ServerId id, CloseReason reason) {
  const MsgServer* server = registry_.find(id);
  if (server == nullptr) return;
  const std::optional<uint64_t> sequence = server->message_sequence;
  log_warn("msg_server_lost", {{"conn", id},
                               {"name", server->name},
                               {"epoch", server->epoch},
                               {"reason", to_string(reason)},
                               {"sessions", presence_.sessions_of(id)}});
  if (sequence) lost_.insert_or_assign(server->name, *sequence);
  note_owed(server->name);
  registry_.remove(id);
  presence_.remove_server(id);
  feed_.remove(id);
  feed_.presence_changed();
  // Where we stop ourselves, each msg_server says on its next link where a sweep has to begin.
  if (reason != CloseReason::kServerStopping && sequence) sweep_others(id, *sequence);
}

// The first load comes behind all users.
void Cluster::take_load(ServerId id, const ServerLoad& load) {
  registry_.take_load(id, {.connections = load.connections(),
                           .max_connections = load.max_connections(),
                           .draining = load.draining(),
                           .message_sequence = load.message_sequence()});
  MsgServer* server = registry_.find(id);
  if (server == nullptr || !server->sweep_after) return;
  TbSweep sweep;
  sweep.set_after_sequence(*std::exchange(server->sweep_after, std::nullopt));
  if (Connection* link = connections_.find(link_of(id))) send_pdu(*link, sweep);
}

void Cluster::take_users(ServerId id, const IM::Server::IMOnlineUserInfo& users) {
  for (const IM::BaseDefine::ServerUserStat& stat : users.user_stat_list()) {
    const auto client_type = static_cast<uint32_t>(stat.client_type());
    if (stat.status() == IM::BaseDefine::USER_STATUS_OFFLINE) {
      offline(id, stat.user_id(), class_of(client_type), stat.has_login_stamp() ? stat.login_stamp() : kAnyStamp);
    } else {
      online({stat.user_id(), client_type, possible_stamp(stat.login_stamp()), id});
    }
  }
  if (registry_.find(id) != nullptr) feed_.add(id);
  feed_.presence_changed();
}

void Cluster::take_status(ServerId id, const IM::Server::IMUserStatusUpdate& update) {
  const auto client_type = static_cast<uint32_t>(update.client_type());
  if (update.user_status() == IM::BaseDefine::USER_STATUS_OFFLINE) {
    offline(id, update.user_id(), class_of(client_type), update.has_login_stamp() ? update.login_stamp() : kAnyStamp);
  } else {
    online({update.user_id(), client_type, possible_stamp(update.login_stamp()), id});
  }
  feed_.presence_changed();
}

// A kick may close the link of the very server that is speaking, if it does not read: then the rest counts no more.
void Cluster::online(const Session& session) {
  if (registry_.find(session.server) == nullptr) return;
  if (const auto verdict = presence_.online(session)) send_kick(*verdict);
  send_recent_relays(session);
}

void Cluster::send_recent_relays(const Session& session) {
  Connection* link = connections_.find(link_of(session.server));
  if (link == nullptr) return;
  recent_relays_.for_each(session.user_id, link->now(), [&](ServerId from, const SharedBytes& pdu) {
    if (from != session.server) link->send(pdu);
  });
}

void Cluster::offline(ServerId id, uint32_t user_id, ClientClass client_class, uint64_t login_stamp) {
  presence_.offline(id, user_id, client_class, login_stamp);
}

void Cluster::send_kick(const KickVerdict& verdict) {
  log_info("session_kicked", {{"conn", verdict.loser},
                              {"user", verdict.user_id},
                              {"client_type", verdict.client_type},
                              {"before_stamp", verdict.before_stamp}});
  IM::Server::IMServerKickUser order;
  order.set_user_id(verdict.user_id);
  order.set_client_type(static_cast<IM::BaseDefine::ClientType>(verdict.client_type));
  order.set_reason(IM::BaseDefine::KICK_REASON_DUPLICATE_USER);
  order.set_login_stamp(verdict.before_stamp);
  kicks_.add();
  if (Connection* link = connections_.find(link_of(verdict.loser))) send_pdu(*link, order);
}

void Cluster::kick(ServerId from, const IM::Server::IMServerKickUser& order) {
  if (end_reason_of(order.reason())) return end_session(from, order);
  const Session* session = presence_.find(order.user_id(), class_of(static_cast<uint32_t>(order.client_type())));
  if (session == nullptr || session->server == from) return;
  Connection* link = connections_.find(link_of(session->server));
  if (link == nullptr) return;
  kicks_.add();
  send_pdu(*link, order);
}

std::vector<ServerId> Cluster::all_but(ServerId except) const {
  std::vector<ServerId> others;
  others.reserve(registry_.size());
  for (const auto& [id, server] : registry_.all()) {
    if (id != except) others.push_back(id);
  }
  return others;
}

// Also to servers that are not known to have the user: one may be about to let the user in.
void Cluster::end_session(ServerId from, const IM::Server::IMServerKickUser& order) {
  for (const ServerId id : all_but(from)) {
    Connection* link = connections_.find(link_of(id));
    if (link == nullptr) continue;
    kicks_.add();
    send_pdu(*link, order);
  }
}

void Cluster::relay(ServerId from, const TbRelay& relay, std::span<const std::byte> body) {
  const SharedBytes pdu = whole_relay(body);
  if (relay.has_group_id() || relay.has_watchers_of()) {
    // What goes to every server needs no second chance (RecentRelays): whoever logs in after it came through has asked
    // for what there is after the message was committed, and finds it.
    targets_ = all_but(from);
  } else {
    std::optional<uint32_t> client_class;
    if (relay.has_client_class()) client_class = relay.client_class();
    if (relay.has_message_sequence() && relay.user_ids_size() > 0) {
      recent_relays_.add(connections_.loop().now(), from, relay.user_ids(), pdu);
    }
    collect_servers_of(relay.user_ids(), client_class, from);
  }
  for (const ServerId target : targets_) {
    if (Connection* link = connections_.find(link_of(target))) link->send(pdu);
  }
  count_relay();
}

void Cluster::relay_to_users(ServerId from, const RelayToUsers& relay, std::span<const std::byte> body) {
  if (relay.sequence) recent_relays_.add(connections_.loop().now(), from, relay.users(), whole_relay(body));
  collect_servers_of(relay.users(), relay.client_class, from);
  for (const ServerId target : targets_) {
    Connection* link = connections_.find(link_of(target));
    const std::span<std::byte> room =
        link != nullptr ? link->send_in_place(kPduHeaderSize + body.size()) : std::span<std::byte>();
    if (!room.empty()) write_relay(body, room);
  }
  count_relay();
}

void Cluster::count_relay() {
  if (targets_.empty()) {
    relays_dropped_.add();
    return;
  }
  relays_forwarded_.add();
  relay_copies_.add(static_cast<double>(targets_.size()));
}

template <class Users>
void Cluster::collect_servers_of(const Users& users, std::optional<uint32_t> client_class, ServerId from) {
  targets_.clear();
  for (const uint32_t user : users) {
    for (const ClientClass each : {ClientClass::kPc, ClientClass::kMobile}) {
      if (client_class && *client_class != static_cast<uint32_t>(each)) continue;
      const Session* session = presence_.find(user, each);
      if (session == nullptr || session->server == from) continue;
      if (std::ranges::find(targets_, session->server) == targets_.end()) targets_.push_back(session->server);
    }
  }
}

void Cluster::sweep_others(ServerId except, uint64_t after_sequence) {
  TbSweep sweep;
  sweep.set_after_sequence(after_sequence);
  const SharedBytes pdu = encode_pdu(sweep);
  sweeps_.add();
  const Tick now = connections_.loop().now();
  std::erase_if(told_, [now](const Told& told) { return told.at < now - kLinkInDoubt; });
  told_.push_back({now, after_sequence});
  for (const ServerId id : all_but(except)) {
    if (Connection* link = connections_.find(link_of(id))) link->send(pdu);
  }
  log_info("sweep", {{"after_sequence", after_sequence}, {"because_of", except}});
}

}  // namespace talkbeat::login
