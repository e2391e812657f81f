#include "tools/client/message_flow.h"

#include <algorithm>
#include <utility>

#include "tools/client/file_requests.h"

namespace talkbeat {

using namespace IM::BaseDefine;
using namespace IM::Message;

namespace {

// High bits of MsgType: a group's message.
bool is_group(MsgType type) {
  return (type & 0xf0) != 0;
}

// The time in front, since the server finds keys in their order: those of all clients are then added at one end. Behind
// it, what tells apart the messages of one millisecond and those of the user's other devices.
uint64_t message_key(int64_t unix_ms, uint64_t number) {
  constexpr int kNumberBits = 22;
  return static_cast<uint64_t>(unix_ms) << kNumberBits | (number & ((1u << kNumberBits) - 1));
}

}  // namespace

MessageFlow::MessageFlow(ClientNetwork& network, ServerLink& link, const ClientOptions& options,
                         ClientListener& listener)
    : network_(network),
      link_(link),
      options_(options),
      listener_(listener),
      catch_up_(network.loop(), link, inbox_, *this),
      resend_timer_(network.loop().timers(), [this] { pump(); }),
      first_key_(network.rng().next()) {}

uint64_t MessageFlow::send(const ConversationId& to, MsgType type, std::string body) {
  if (outbox_.size() >= options_.max_unsent) return 0;
  const uint64_t local_id = ++last_local_id_;
  outbox_.add({.local_id = local_id,
               .to = to,
               .type = type,
               .body = std::move(body),
               .client_msg_key = message_key(network_.loop().unix_milliseconds(), first_key_ + local_id)});
  pump();
  return local_id;
}

void MessageFlow::pump() {
  if (!online_) return;
  const Tick now = network_.loop().now();
  for (const ConversationId& to : outbox_.due(now)) {
    if (!online_) return;  // the one before was more than the connection takes
    uint16_t seq_num = link_.next_seq();
    while (outbox_.uses(seq_num)) seq_num = link_.next_seq();
    const OutgoingMessage& message = outbox_.launch(to, seq_num);
    IMMsgData data;
    data.set_from_user_id(user_id_);
    data.set_to_session_id(to.id);
    data.set_msg_id(0);
    data.set_create_time(0);
    data.set_msg_type(message.type);
    data.set_msg_data(message.body);
    data.set_client_msg_key(message.client_msg_key);
    link_.send_numbered(data, seq_num);
  }
  const Tick due = outbox_.next_due();
  if (due != TimerList::kNever) resend_timer_.start_once(std::max<Tick>(1, due - now));
}

void MessageFlow::take_ack(uint16_t seq_num, const IMMsgDataAck& ack) {
  const auto message = outbox_.finish(seq_num);
  if (!message) return;
  inbox_.add_own(message->to, ack.msg_id());
  listener_.on_sent(message->local_id, ack.msg_id());
  if (!online_) return;
  pump();
  advance(message->to);
}

bool MessageFlow::take_refusal(const TbError& error) {
  const auto seq_num = static_cast<uint16_t>(error.seq_num());
  if (error.command_id() != kCommandOf<IMMsgData> || !outbox_.uses(seq_num)) return false;
  if (is_for_the_moment(error)) {
    const Tick wait = error.retry_after_ms() > 0 ? error.retry_after_ms() : kRetryMs;
    outbox_.postpone(seq_num, network_.loop().now() + wait);
    pump();
    return true;
  }
  const auto message = outbox_.finish(seq_num);
  listener_.on_send_failed(message->local_id, error.code(), error.text());
  if (!online_) return true;
  pump();
  advance(message->to);
  return true;
}

void MessageFlow::go_online(uint32_t user_id) {
  online_ = true;
  user_id_ = user_id;
  pump();
  for (const ConversationId& id : std::exchange(unsent_reads_, {})) send_read_ack(id, read_[id]);
  catch_up_.start(user_id);
}

void MessageFlow::go_offline() {
  online_ = false;
  resend_timer_.cancel();
  catch_up_.stop();
  outbox_.recall();
}

void MessageFlow::stop() {
  stopped_ = true;
  go_offline();
}

void MessageFlow::take_message(const IMMsgData& data) {
  const bool mine = data.from_user_id() == user_id_;
  const bool group = is_group(data.msg_type());
  const ConversationId id{group ? SESSION_TYPE_GROUP : SESSION_TYPE_SINGLE,
                          group || mine ? data.to_session_id() : data.from_user_id()};
  inbox_.add({.conversation = id,
              .msg_id = data.msg_id(),
              .from = data.from_user_id(),
              .created_at = data.create_time(),
              .type = data.msg_type(),
              .body = data.msg_data(),
              .mine = mine});
  advance(id);
}

void MessageFlow::leave(const ConversationId& id) {
  catch_up_.give_up(id);
}

void MessageFlow::advance(const ConversationId& id) {
  catch_up_.locate(id);
  deliver(id);
  if (online_) catch_up_.fill(id);
}

// What has been taken out of the inbox is told, even where an ack finds the connection broken: it does not come again.
void MessageFlow::deliver(const ConversationId& id) {
  for (const ReceivedMessage& message : inbox_.take_ready(id, outbox_.unsettled(id))) {
    if (stopped_) return;
    if (online_ && !message.mine) {
      IMMsgDataAck ack;
      ack.set_user_id(user_id_);
      ack.set_session_id(id.id);
      ack.set_msg_id(message.msg_id);
      ack.set_session_type(id.type);
      link_.send(ack, false);
    }
    listener_.on_message(message);
  }
}

void MessageFlow::mark_read(const ConversationId& id, uint32_t msg_id) {
  read_[id] = std::max(read_[id], msg_id);
  if (online_) {
    send_read_ack(id, msg_id);
  } else {
    unsent_reads_.insert(id);
  }
}

// A mark has no ack: one that was under way when its connection ended may not have arrived.
void MessageFlow::on_unread(std::span<const UnreadCount> unread) {
  for (const UnreadCount& entry : unread) {
    const auto mark = read_.find(entry.conversation);
    if (mark != read_.end()) send_read_ack(mark->first, mark->second);
  }
  listener_.on_unread(unread);
}

void MessageFlow::send_read_ack(const ConversationId& id, uint32_t msg_id) {
  IMMsgDataReadAck ack;
  ack.set_user_id(user_id_);
  ack.set_session_id(id.id);
  ack.set_msg_id(msg_id);
  ack.set_session_type(id.type);
  link_.send(ack, false);
}

}  // namespace talkbeat
