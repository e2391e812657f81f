#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "msg_server/user_directory.h"
#include "proto/end_reason.h"
#include "proto/login.pb.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat {

/// What a msg_server reports of itself to the rest of the cluster.
struct OwnLoad {
  uint32_t connections = 0;
  uint32_t max_connections = 0;
  uint32_t users = 0;
  bool draining = false;
  uint32_t loop_lag_ms = 0;  ///< the worst turn of late
};

/// Where clients connect, as the ports were opened. 0: not at all.
struct ClientPorts {
  uint16_t plain = 0;
  uint16_t tls = 0;
};

/// What comes from the other msg_servers. All calls on the loop's thread.
class BusListener {
 public:
  virtual void on_relay(const TbRelay& relay) = 0;
  /// The usual relay, without a TbRelay: to all sessions of these users, or those of one class. `pdu` is valid inside
  /// of the call only.
  virtual void on_relay_to(std::span<const UserId> users, std::span<const std::byte> pdu,
                           std::optional<ClientClass> only) = 0;
  /// Relays may have been lost: deliver what the store holds after this sequence and was not delivered from here.
  virtual void on_sweep(uint64_t after_sequence) = 0;
  /// This server's session of that user and class has to go, unless its stamp is higher than `login_stamp`.
  virtual void on_kick(UserId user, ClientClass client_class, IM::BaseDefine::KickReasonType reason,
                       uint64_t login_stamp) = 0;
  /// The operator ends the user's session of that class, unless its stamp is higher than `login_stamp`.
  virtual void on_end_session(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp) = 0;
  virtual void on_remote_online(size_t source, UserId user, ClientClass client_class, const SessionInfo& session) = 0;
  virtual void on_remote_offline(size_t source, UserId user, ClientClass client_class) = 0;
  /// The link to this source is lost: from now on it says nothing, until it is linked anew and says everything again.
  virtual void on_source_lost(size_t source) = 0;

  // Asked by the bus when it has to report everything.
  virtual OwnLoad own_load() = 0;
  virtual const UserDirectory& directory() = 0;

 protected:
  ~BusListener() = default;
};

/// The seam between msg_servers: carries PDUs to users on the others, and news of who is where. It may lose what it
/// carries when a process or a link dies, and says so by on_sweep(): what must last is in the store. Implementations:
/// through login_server (login_server_bus.h). The loop's thread only; every call returns at once.
class Bus {
 public:
  virtual ~Bus() = default;

  /// To the sessions of these users on other servers. `sequence`: of a stored message; a receiving server delivers each
  /// sequence once, however often it comes.
  virtual void relay(std::span<const UserId> users, const SharedBytes& pdu, std::optional<uint64_t> sequence,
                     std::optional<ClientClass> only) = 0;
  /// To the members of the group on other servers, as of `version` or a newer one, but for `except` (0: none).
  virtual void relay_to_group(GroupId group, uint32_t version, const SharedBytes& pdu, std::optional<uint64_t> sequence,
                              UserId except) = 0;
  /// To the sessions on other servers that are interested in this user.
  virtual void relay_to_watchers(UserId about, const SharedBytes& pdu) = 0;
  virtual void user_online(UserId user, const SessionInfo& session) = 0;
  virtual void user_offline(UserId user, const SessionInfo& session) = 0;
  /// Removes the user's session of that class from whichever other server holds it.
  virtual void kick(UserId user, uint32_t client_type, IM::BaseDefine::KickReasonType reason, uint64_t login_stamp) = 0;
  /// Has every other server end the user's session of that class, where its stamp is not above `login_stamp`.
  virtual void end_session(UserId user, ClientClass client_class, EndReason reason, uint64_t login_stamp) = 0;
  /// The highest sequence of the store that this server has seen: where a sweep would have to begin.
  virtual void note_sequence(uint64_t sequence) = 0;
  /// Registered with at least one login_server.
  virtual bool connected() const = 0;
};

}  // namespace talkbeat
