#pragma once

#include <span>
#include <string>

#include "base/address.h"
#include "proto/talkbeat.pb.h"
#include "tools/client/client_message.h"
#include "tools/client/client_state.h"

namespace talkbeat {

/// How many messages of a conversation this user has not read.
struct UnreadCount {
  ConversationId conversation;
  uint32_t count = 0;
  uint32_t latest_msg_id = 0;
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
  /// This session has been ended by another one, or by the operator: the client is closed, and does not fight it.
  virtual void on_kicked(KickedBy /*by*/) {}
};

}  // namespace talkbeat
