#pragma once

#include <map>
#include <set>
#include <string>

#include "tools/client/catch_up.h"
#include "tools/client/client_options.h"
#include "tools/client/inbox.h"
#include "tools/client/outbox.h"

namespace talkbeat {

/// A client's messages, both ways, over all its connections: keeps what has no ack, resends it in order, and gives what
/// comes to the listener in order, each once. Owned by its Client; the loop's thread only.
class MessageFlow final : private CatchUp::Owner {
 public:
  MessageFlow(ClientNetwork& network, ServerLink& link, const ClientOptions& options, ClientListener& listener);

  /// 0: too many wait already.
  uint64_t send(const ConversationId& to, IM::BaseDefine::MsgType type, std::string body);
  void mark_read(const ConversationId& id, uint32_t msg_id);

  void go_online(uint32_t user_id);
  void go_offline();
  /// For good: the listener hears nothing more.
  void stop();

  void take_message(const IM::Message::IMMsgData& data);
  void take_ack(uint16_t seq_num, const IM::Message::IMMsgDataAck& ack);
  /// False: the error is not about a message of ours.
  bool take_refusal(const TbError& error);

  /// The user is no longer in this group: what has come of it is delivered, the rest is not waited for.
  void leave(const ConversationId& id);

  bool waits_for_ack() const { return outbox_.in_flight(); }
  size_t unsent() const { return outbox_.size(); }

  /// Before a message that was refused for the moment is sent again, where the server does not say.
  static constexpr Tick kRetryMs = 1'000;

 private:
  void deliver(const ConversationId& id) override;
  void on_unread(std::span<const UnreadCount> unread) override;
  void on_synced() override { listener_.on_synced(); }

  void pump();
  void advance(const ConversationId& id);
  void send_read_ack(const ConversationId& id, uint32_t msg_id);

  ClientNetwork& network_;
  ServerLink& link_;
  const ClientOptions& options_;
  ClientListener& listener_;
  Inbox inbox_;
  Outbox outbox_;
  CatchUp catch_up_;
  Timer resend_timer_;
  bool online_ = false;
  bool stopped_ = false;
  uint32_t user_id_ = 0;
  uint64_t last_local_id_ = 0;
  const uint64_t first_key_;
  std::map<ConversationId, uint32_t> read_;  // what the person has seen, up to here
  std::set<ConversationId> unsent_reads_;
};

}  // namespace talkbeat
