#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/cluster_auth.h"
#include "base/connector.h"
#include "base/pdu_protocol.h"
#include "msg_server/bus/bus.h"
#include "msg_server/bus/place_finder.h"
#include "msg_server/bus/sequence_mark.h"
#include "msg_server/config.h"
#include "proto/other.pb.h"

namespace talkbeat {

/// The bus through login_server: one link to each of them. Everything is sent to all (a receiving server delivers each
/// message once), so that the loss of one login_server costs nothing.
///
/// A link: connect, prove the cluster key both ways, register, send all users, then report changes and heartbeats.
class LoginServerBus final : public Bus, private PduProtocol {
 public:
  LoginServerBus(ConnectionTable& connections, Rng& rng, const MsgServerConfig& config, const ClusterKey& key,
                 uint64_t epoch, BusListener& listener);
  ~LoginServerBus() override;

  /// `ports`: where this server's clients connect, as the login_servers tell them.
  void start(const ClientPorts& ports);
  /// Takes back the links; nothing is reported any more.
  void stop();
  /// Counts at once for all links.
  void settings_changed();
  /// Something that registration told has changed (draining): tells it again, at once.
  void report_now() { report_changes(); }
  /// Asks a login_server where so many clients can go. One question at a time; `done` is called once, inside of this
  /// call where no login_server is there.
  void find_places(uint32_t clients, PlaceFinder::Callback done);
  /// How far the store had got before this server had any clients. One that finds no login_server serves them
  /// nevertheless: when it registers at last, a sweep begins here.
  void begin_at(uint64_t sequence);
  size_t links() const { return links_.size(); }
  size_t registered_links() const;
  /// A login_server is there, and has been for so long (cluster.reconnect_max and connect_timeout) that all msg_servers
  /// have registered with it: what it says of who is online is whole.
  bool settled() const;

  void relay(std::span<const UserId> users, const SharedBytes& pdu, std::optional<uint64_t> sequence,
             std::optional<ClientClass> only) override;
  void relay_to_group(GroupId group, uint32_t version, const SharedBytes& pdu, std::optional<uint64_t> sequence,
                      UserId except) override;
  void relay_to_watchers(UserId about, const SharedBytes& pdu) override;
  void user_online(UserId user, const SessionInfo& session) override;
  void user_offline(UserId user, const SessionInfo& session) override;
  void kick(UserId user, uint32_t client_type, IM::BaseDefine::KickReasonType reason, uint64_t login_stamp) override;
  void end_session(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp) override;
  void note_sequence(uint64_t sequence) override;
  bool connected() const override { return registered_links() > 0; }

  // Used by the link's handlers (login_link_handlers.cpp).
  enum class LinkPhase : uint8_t { kConnected, kProving, kRegistered };
  struct Link {
    size_t index = 0;  // the `source` of what it reports
    std::unique_ptr<Connector> connector;
    ConnId conn = ConnId::kNone;
    LinkPhase phase = LinkPhase::kConnected;
    Tick registered_at = 0;
    std::string server_nonce;
    std::string client_nonce;
    SequenceMark mark{0};
    std::string last_report;
  };
  struct LinkContext {
    LoginServerBus& bus;
    Connection& connection;
    Link& link;
  };
  void answer_challenge(LinkContext& context, const std::string& server_nonce);
  bool proved(const Link& link, const TbServerAuthResult& result) const;
  void register_with(LinkContext& context);
  BusListener& listener() { return listener_; }
  PlaceFinder& places() { return places_; }

 private:
  struct LinkPeer : PduPeer {
    std::string subject() const override { return "login_server_" + std::to_string(link->index); }
    Link* link = nullptr;
  };

  const char* role() const override { return "server_link"; }
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override;
  void on_close(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection& connection) override;
  bool takes_go_away(const Connection& connection) const override;

  void on_connected(Link& link, SocketHandle socket);
  IM::Other::IMHeartBeat load_report(const Link& link);
  Tick mark_margin() const;
  void report_changes();
  void send_all_users(Connection& connection);
  void send_status(UserId user, const SessionInfo& session, IM::BaseDefine::UserStatType status);
  template <class Message>
  void send_to_all(const Message& message);
  template <class Visit>
  void for_each_registered(Visit visit);
  void relay_to_many(std::span<const UserId> users, const SharedBytes& pdu, std::optional<uint64_t> sequence,
                     std::optional<ClientClass> only);

  ConnectionTable& connections_;
  Rng& rng_;
  const MsgServerConfig& config_;
  ClusterAuth auth_;
  uint64_t epoch_;
  BusListener& listener_;
  Liveness liveness_;
  std::vector<std::unique_ptr<Link>> links_;
  Timer report_timer_;
  PlaceFinder places_;
  size_t asked_for_places_ = 0;  // the link that is tried first
  ClientPorts ports_;
  uint64_t sequence_ = 0;
  bool stopping_ = false;
};

}  // namespace talkbeat
