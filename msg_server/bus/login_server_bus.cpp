#include "msg_server/bus/login_server_bus.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/mutant.h"
#include "msg_server/bus/login_link_handlers.h"
#include "proto/other.pb.h"
#include "proto/relay_to_users.h"
#include "proto/server.pb.h"

namespace talkbeat {

namespace {

// Users in one IMOnlineUserInfo: well below the limit of a PDU between servers.
constexpr int kUsersPerPdu = 5'000;

}  // namespace

LoginServerBus::LoginServerBus(ConnectionTable& connections, Rng& rng, const MsgServerConfig& config,
                               const ClusterKey& key, uint64_t epoch, BusListener& listener)
    : connections_(connections),
      rng_(rng),
      config_(config),
      auth_(key),
      epoch_(epoch),
      listener_(listener),
      liveness_(config.cluster.link.liveness),
      report_timer_(connections.loop().timers(), [this] { report_changes(); }),
      places_(connections.loop().timers()) {
  connections_.watch_liveness(liveness_);
}

template <class Visit>
void LoginServerBus::for_each_registered(Visit visit) {
  for (const auto& link : links_) {
    if (link->phase != LinkPhase::kRegistered) continue;
    if (Connection* connection = connections_.find(link->conn)) visit(*connection);
  }
}

LoginServerBus::~LoginServerBus() = default;

void LoginServerBus::start(const ClientPorts& ports) {
  ports_ = ports;
  const Connector::Options options{
      .tcp = config_.tcp.servers,
      .connect_timeout_ms = config_.cluster.connect_timeout_ms,
      .backoff = config_.cluster.backoff,
  };
  for (const Address& target : config_.cluster.login_servers) {
    links_.push_back(std::make_unique<Link>());
    Link& link = *links_.back();
    link.index = links_.size() - 1;
    link.mark.set_margin(mark_margin());
    link.connector = std::make_unique<Connector>(connections_.loop(), rng_, options, target,
                                                 [this, &link](SocketHandle socket) { on_connected(link, socket); });
    link.connector->start();
  }
  report_timer_.start_every(config_.cluster.link.liveness.heartbeat_interval_ms);
}

void LoginServerBus::stop() {
  stopping_ = true;
  report_timer_.cancel();
  for (const auto& link : links_) {
    link->connector->stop();
    if (Connection* connection = connections_.find(link->conn)) connection->close(CloseReason::kServerStopping);
  }
}

void LoginServerBus::settings_changed() {
  liveness_.set_policy(config_.cluster.link.liveness);
  report_timer_.start_every(config_.cluster.link.liveness.heartbeat_interval_ms);
  for (const auto& link : links_) link->mark.set_margin(mark_margin());
}

// What we hear from login_server says nothing of whether it hears us: where it does not, it takes our users to be
// nowhere, and tells us so by closing the link when we have been silent for too long.
Tick LoginServerBus::mark_margin() const {
  constexpr Tick kUntilWeHear = 10'000;
  return config_.cluster.link.liveness.silence_timeout_ms + kUntilWeHear;
}

// Before it has proved the key it learns nothing from us.
bool LoginServerBus::takes_go_away(const Connection& connection) const {
  return connection.attachment<LinkPeer>().link->phase == LinkPhase::kRegistered;
}

size_t LoginServerBus::registered_links() const {
  return static_cast<size_t>(
      std::ranges::count_if(links_, [](const auto& link) { return link->phase == LinkPhase::kRegistered; }));
}

bool LoginServerBus::settled() const {
  const Tick others_need = config_.cluster.backoff.max_ms + config_.cluster.connect_timeout_ms;
  const Tick since = connections_.loop().now() - others_need;
  return std::ranges::any_of(links_, [since](const auto& link) {
    return link->phase == LinkPhase::kRegistered && link->registered_at <= since;
  });
}

void LoginServerBus::on_connected(Link& link, SocketHandle socket) {
  Connection& connection = connections_.adopt(socket, link.connector->target(), *this);
  auto peer = std::make_unique<LinkPeer>();
  peer->link = &link;
  connection.set_attachment(std::move(peer));
  liveness_.join(connection, connection.now());
  link.conn = connection.id();
  link.phase = LinkPhase::kConnected;
}

Verdict LoginServerBus::on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
  Link& link = *connection.attachment<LinkPeer>().link;
  if (link.phase == LinkPhase::kRegistered) link.mark.note(connection.now(), sequence_);
  const bool proved = link.phase == LinkPhase::kRegistered;
  LinkContext context{*this, connection, link};
  const Verdict verdict = dispatch(kLoginLinkRoutes, context, link.phase, {}, header, body);
  if (proved || verdict.kind != Verdict::Kind::kRefused) return verdict;
  log_error("login_server_refused", {{"conn", connection.id()},
                                     {"login_server", connection.peer().to_string()},
                                     {"why", "it has not proved the cluster key"},
                                     {"command", header.command_id}});
  return Verdict::close(CloseReason::kAuthFailed);
}

void LoginServerBus::answer_challenge(LinkContext& context, const std::string& server_nonce) {
  Link& link = context.link;
  link.server_nonce = server_nonce;
  link.client_nonce = ClusterAuth::make_nonce(rng_);
  link.phase = LinkPhase::kProving;
  TbServerAuth proof;
  proof.set_nonce(link.client_nonce);
  proof.set_epoch(epoch_);
  proof.set_name(config_.name);
  proof.set_mac(auth_.prove_msg_server(server_nonce, link.client_nonce, epoch_, config_.name));
  send_pdu(context.connection, proof);
}

bool LoginServerBus::proved(const Link& link, const TbServerAuthResult& result) const {
  return ClusterAuth::same(result.mac(), auth_.prove_login_server(link.server_nonce, link.client_nonce));
}

void LoginServerBus::register_with(LinkContext& context) {
  const OwnLoad load = listener_.own_load();
  IM::Server::IMMsgServInfo info;
  info.set_ip1(config_.client.ip1);
  info.set_ip2(config_.client.ip2);
  info.set_port(ports_.plain);
  if (ports_.tls != 0) info.set_tls_port(ports_.tls);
  info.set_max_conn_cnt(load.max_connections);
  info.set_cur_conn_cnt(load.connections);
  info.set_host_name(config_.name);
  info.set_http_port(config_.http_listen.port);
  info.set_draining(load.draining);
  if (context.link.mark.known()) info.set_after_sequence(context.link.mark.safe());
  send_pdu(context.connection, info);

  context.link.phase = LinkPhase::kRegistered;
  context.link.registered_at = context.connection.now();
  context.link.connector->proven();
  context.connection.attachment<LinkPeer>().max_pdu = config_.cluster.link.max_pdu;
  context.connection.set_out_limits(config_.cluster.link.out);
  liveness_.handshake_done(context.connection, context.connection.now());
  if (kMutant != Mutant::kLostReregistration || !context.link.mark.known()) send_all_users(context.connection);
  send_pdu(context.connection, load_report(context.link));
  log_info("login_server_registered",
           {{"conn", context.connection.id()}, {"login_server", context.connection.peer().to_string()}});
  context.link.mark.note(context.connection.now(), sequence_);
}

void LoginServerBus::send_all_users(Connection& connection) {
  IM::Server::IMOnlineUserInfo users;
  listener_.directory().for_all_local([&](UserId user, ClientClass, const LocalSession& session) {
    auto* entry = users.add_user_stat_list();
    entry->set_user_id(user);
    entry->set_status(IM::BaseDefine::USER_STATUS_ONLINE);
    entry->set_client_type(static_cast<IM::BaseDefine::ClientType>(session.client_type));
    entry->set_login_stamp(session.login_stamp);
    if (users.user_stat_list_size() < kUsersPerPdu) return;
    send_pdu(connection, users);
    users.Clear();
  });
  send_pdu(connection, users);
}

void LoginServerBus::on_close(Connection& connection, CloseReason reason) {
  Link& link = *connection.attachment<LinkPeer>().link;
  const bool was_registered = link.phase == LinkPhase::kRegistered;
  link.conn = ConnId::kNone;
  link.phase = LinkPhase::kConnected;
  places_.link_lost(connection.id());
  if (stopping_) return;
  if (was_registered) {
    log_warn("login_server_lost", {{"conn", connection.id()},
                                   {"login_server", connection.peer().to_string()},
                                   {"reason", to_string(reason)},
                                   {"silent_ms", connection.silent_for()}});
    listener_.on_source_lost(link.index);
  }
  link.connector->lost();
}

void LoginServerBus::on_heartbeat_due(Connection& connection) {
  const Link& link = *connection.attachment<LinkPeer>().link;
  if (link.phase == LinkPhase::kRegistered) send_pdu(connection, load_report(link));
}

// A busy link carries no heartbeats, but the load that it brings has to be known.
void LoginServerBus::report_changes() {
  for_each_registered([this](Connection& connection) {
    Link& link = *connection.attachment<LinkPeer>().link;
    const auto report = load_report(link);
    std::string bytes = report.SerializeAsString();
    if (bytes == link.last_report) return;
    link.last_report = std::move(bytes);
    send_pdu(connection, report);
  });
}

IM::Other::IMHeartBeat LoginServerBus::load_report(const Link& link) {
  const OwnLoad load = listener_.own_load();
  IM::Other::IMHeartBeat heartbeat;
  ServerLoad& report = *heartbeat.mutable_load();
  report.set_connections(load.connections);
  report.set_max_connections(load.max_connections);
  report.set_users(load.users);
  report.set_draining(load.draining);
  report.set_message_sequence(link.mark.safe());
  report.set_loop_lag_ms(load.loop_lag_ms);
  return heartbeat;
}

template <class Message>
void LoginServerBus::send_to_all(const Message& message) {
  for_each_registered([&](Connection& connection) { send_pdu(connection, message); });
}

void LoginServerBus::relay(std::span<const UserId> users, const SharedBytes& pdu, std::optional<uint64_t> sequence,
                           std::optional<ClientClass> only) {
  if (users.size() > RelayToUsers::kMaxUsers) return relay_to_many(users, pdu, sequence, only);
  RelayToUsers relay(users, pdu.bytes());
  relay.sequence = sequence;
  if (only) relay.client_class = static_cast<uint32_t>(*only);
  const size_t size = relay.size();
  for_each_registered([&](Connection& connection) {
    const std::span<std::byte> room = connection.send_in_place(kPduHeaderSize + size);
    if (room.empty()) return;
    encode_header(header_of(kCommandOf<TbRelay>, 0, size), room);
    relay.write(room.subspan(kPduHeaderSize));
  });
}

void LoginServerBus::relay_to_many(std::span<const UserId> users, const SharedBytes& pdu,
                                   std::optional<uint64_t> sequence, std::optional<ClientClass> only) {
  TbRelay relay;
  for (const UserId user : users) relay.add_user_ids(user);
  relay.set_pdu(pdu.bytes().data(), pdu.size());
  if (sequence) relay.set_message_sequence(*sequence);
  if (only) relay.set_client_class(static_cast<uint32_t>(*only));
  send_to_all(relay);
}

void LoginServerBus::relay_to_group(GroupId group, uint32_t version, const SharedBytes& pdu,
                                    std::optional<uint64_t> sequence, UserId except) {
  TbRelay relay;
  relay.set_group_id(group);
  relay.set_group_version(version);
  relay.set_pdu(pdu.bytes().data(), pdu.size());
  if (sequence) relay.set_message_sequence(*sequence);
  if (except != 0) relay.set_except_user_id(except);
  send_to_all(relay);
}

void LoginServerBus::relay_to_watchers(UserId about, const SharedBytes& pdu) {
  TbRelay relay;
  relay.set_watchers_of(about);
  relay.set_pdu(pdu.bytes().data(), pdu.size());
  send_to_all(relay);
}

void LoginServerBus::user_online(UserId user, const SessionInfo& session) {
  send_status(user, session, IM::BaseDefine::USER_STATUS_ONLINE);
}

void LoginServerBus::user_offline(UserId user, const SessionInfo& session) {
  send_status(user, session, IM::BaseDefine::USER_STATUS_OFFLINE);
}

void LoginServerBus::send_status(UserId user, const SessionInfo& session, IM::BaseDefine::UserStatType status) {
  IM::Server::IMUserStatusUpdate update;
  update.set_user_status(static_cast<uint32_t>(status));
  update.set_user_id(user);
  update.set_client_type(static_cast<IM::BaseDefine::ClientType>(session.client_type));
  update.set_login_stamp(session.login_stamp);
  send_to_all(update);
}

void LoginServerBus::kick(UserId user, uint32_t client_type, IM::BaseDefine::KickReasonType reason,
                          uint64_t login_stamp) {
  IM::Server::IMServerKickUser kick;
  kick.set_user_id(user);
  kick.set_client_type(static_cast<IM::BaseDefine::ClientType>(client_type));
  kick.set_reason(static_cast<uint32_t>(reason));
  kick.set_login_stamp(login_stamp);
  send_to_all(kick);
}

void LoginServerBus::end_session(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp) {
  IM::Server::IMServerKickUser order;
  order.set_user_id(user);
  order.set_client_type(client_class == ClientClass::kPc ? IM::BaseDefine::CLIENT_TYPE_WINDOWS
                                                         : IM::BaseDefine::CLIENT_TYPE_ANDROID);
  order.set_reason(static_cast<uint32_t>(reason));
  order.set_login_stamp(login_stamp);
  send_to_all(order);
}

// The same login_server as long as it answers: what it has given away counts there only.
void LoginServerBus::find_places(uint32_t clients, PlaceFinder::Callback done) {
  for (size_t i = 0; i < links_.size(); ++i) {
    const size_t index = (asked_for_places_ + i) % links_.size();
    const Link& link = *links_[index];
    Connection* connection = link.phase == LinkPhase::kRegistered ? connections_.find(link.conn) : nullptr;
    if (connection == nullptr) continue;
    asked_for_places_ = index;
    places_.ask(*connection, clients, [this, done = std::move(done)](const std::optional<TbPlacesRsp>& places) {
      if (!places) ++asked_for_places_;
      done(places);
    });
    return;
  }
  done(std::nullopt);
}

void LoginServerBus::begin_at(uint64_t sequence) {
  note_sequence(sequence);
  for (const auto& link : links_) {
    if (!link->mark.known()) link->mark.note(connections_.loop().now(), sequence);
  }
}

void LoginServerBus::note_sequence(uint64_t sequence) {
  sequence_ = std::max(sequence_, sequence);
}

}  // namespace talkbeat
