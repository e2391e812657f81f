#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "proto/talkbeat.pb.h"
#include "tools/client/client_message.h"
#include "tools/client/client_state.h"
#include "tools/client/file_offer.h"

namespace talkbeat {

/// How many messages of a conversation this user has not read.
struct UnreadCount {
  ConversationId conversation;
  uint32_t count = 0;
  uint32_t latest_msg_id = 0;
};

/// Who came into a group, or left it.
struct GroupChange {
  uint32_t group = 0;
  uint32_t by = 0;  ///< 0: the administrator
  bool added = false;
  std::vector<uint32_t> changed;
  std::vector<uint32_t> members;  ///< all of them, now
};

/// What a Client tells its application, on the loop's thread. Each call may use the client, and stop it, but may not
/// destroy it. Override what is of interest.
class ClientListener {
 public:
  virtual ~ClientListener() = default;

  /// `why`: in words for people.
  virtual void on_state(ClientState /*state*/, const std::string& /*why*/) {}
  /// The server asked this client to leave, and it has: to a new connection, to this server, without having been
  /// offline in between. on_state() is not called.
  virtual void on_moved(const Address& /*server*/, const std::string& /*why*/) {}
  /// Each message once, and in the order of its conversation: missed ones after a (re)login as well as live ones.
  virtual void on_message(const ReceivedMessage& /*message*/) {}
  /// The message is durably stored.
  virtual void on_sent(uint64_t /*local_id*/, uint32_t /*msg_id*/) {}
  /// It is not, and never will be.
  virtual void on_send_failed(uint64_t /*local_id*/, ErrorCode /*code*/, const std::string& /*text*/) {}
  /// After each login and move, before the messages themselves.
  virtual void on_unread(std::span<const UnreadCount> /*unread*/) {}
  /// All that was missed before this login or move has gone to on_message().
  virtual void on_synced() {}
  /// Another session of this user has read up to here.
  virtual void on_read(const ConversationId& /*conversation*/, uint32_t /*msg_id*/) {}
  virtual void on_user_status(uint32_t /*user*/, IM::BaseDefine::UserStatType /*status*/) {}
  virtual void on_avatar_changed(uint32_t /*user*/, const std::string& /*url*/) {}
  virtual void on_sign_info_changed(uint32_t /*user*/, const std::string& /*text*/) {}
  /// Live only: changes that happened meanwhile show in the group's version.
  virtual void on_group_changed(const GroupChange& /*change*/) {}
  /// "Is typing" and the like: never stored.
  virtual void on_p2p_command(uint32_t /*from*/, const std::string& /*data*/) {}
  /// Somebody sends a file, now or (offer.offline) has left it at the server. Live only: what waits at the server is
  /// listed by IMFileHasOfflineReq.
  virtual void on_file_offer(const FileOffer& /*offer*/) {}
  /// This session has been ended by another one, or by the operator: the client is closed, and does not fight it.
  virtual void on_kicked(KickedBy /*by*/) {}
};

}  // namespace talkbeat
