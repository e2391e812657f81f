#include <algorithm>

#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

// PROTOCOL.md: at most this many messages in one answer, and at most about this many bytes of them.
constexpr uint32_t kMaxMessages = 500;
constexpr size_t kMaxBytes = 1 << 20;
// Messages can be large: they are read in steps, so that an answer's limit bounds what is read as well.
constexpr size_t kStep = 16;

/// Takes messages until the answer is full. False: it is.
bool take(std::vector<Message>& taken, size_t& bytes, std::vector<Message>&& more, size_t wanted) {
  for (Message& message : more) {
    bytes += message.body.size();
    if (taken.size() == wanted || (bytes > kMaxBytes && !taken.empty())) return false;
    taken.push_back(std::move(message));
  }
  return true;
}

StoreResult<std::vector<Message>> newest_first(Database& db, UserId user, ConversationRef ref, uint32_t begin,
                                               size_t wanted) {
  std::vector<Message> taken;
  size_t bytes = 0;
  while (taken.size() < wanted) {
    StoreResult<std::vector<Message>> page = db.messages_before(user, ref, begin, std::min(kStep, wanted));
    if (!page.ok()) return page.error();
    if (page.value().empty()) break;
    const uint32_t oldest = page.value().back().msg_id;
    if (!take(taken, bytes, std::move(page.value()), wanted) || oldest <= 1) break;
    begin = oldest - 1;
  }
  return taken;
}

StoreResult<std::vector<Message>> by_id(Database& db, UserId user, ConversationRef ref, std::span<const uint32_t> ids) {
  std::vector<Message> taken;
  size_t bytes = 0;
  while (!ids.empty()) {
    const auto step = ids.first(std::min(kStep, ids.size()));
    StoreResult<std::vector<Message>> page = db.messages_by_id(user, ref, step);
    if (!page.ok()) return page.error();
    if (!take(taken, bytes, std::move(page.value()), kMaxMessages)) break;
    ids = ids.subspan(step.size());
  }
  return taken;
}

// Each of these answers may be long: many at once would close a client that has a slow line.
template <class Response>
void send_messages(Connection& connection, const PduHeader& header, Response response,
                   const std::vector<Message>& messages) {
  if (connection.waiting_to_send() > kEnoughWaiting) {
    send_error(connection, header, kTooMuchUnread);
    return;
  }
  for (const Message& message : messages) fill(*response.add_msg_list(), message);
  send_pdu(connection, response, header.seq_num);
}

}  // namespace

Verdict on_unread(ClientContext& client, const PduHeader& header, const IM::Message::IMUnreadMsgCntReq& /*request*/) {
  const UserId user = client.session.user;
  const auto limit = static_cast<int>(client.server.config.client.max_list);
  return answer_from_store<std::vector<Unread>>(
      client, header, [user](Database& db) { return db.unread(user); },
      [user, limit, seq_num = header.seq_num](Connection& connection, const std::vector<Unread>& unread) {
        IM::Message::IMUnreadMsgCntRsp response;
        response.set_user_id(user);
        uint32_t total = 0;
        for (const Unread& conversation : unread) {
          total += conversation.count;
          if (response.unreadinfo_list_size() < limit) fill(*response.add_unreadinfo_list(), conversation);
        }
        response.set_total_cnt(total);
        send_pdu(connection, response, seq_num);
      });
}

Verdict on_message_list(ClientContext& client, const PduHeader& header, const IM::Message::IMGetMsgListReq& request) {
  const auto ref = conversation_ref(request.session_type(), request.session_id());
  if (!ref) return kMalformedBody;
  const UserId user = client.session.user;
  IM::Message::IMGetMsgListRsp response;
  response.set_user_id(user);
  response.set_session_type(request.session_type());
  response.set_session_id(request.session_id());
  response.set_msg_id_begin(request.msg_id_begin());
  const uint32_t wanted = std::min(request.msg_cnt(), kMaxMessages);
  return answer_from_store<std::vector<Message>>(
      client, header,
      [user, ref = *ref, begin = request.msg_id_begin(), wanted](Database& db) {
        return newest_first(db, user, ref, begin, wanted);
      },
      [response, header](Connection& connection, const std::vector<Message>& messages) {
        send_messages(connection, header, response, messages);
      });
}

Verdict on_messages_by_id(ClientContext& client, const PduHeader& header, const IM::Message::IMGetMsgByIdReq& request) {
  const auto ref = conversation_ref(request.session_type(), request.session_id());
  if (!ref) return kMalformedBody;
  if (request.msg_id_list_size() > static_cast<int>(kMaxMessages)) {
    return Verdict::refused(ERROR_INVALID_ARGUMENT, "more than 500 ids in one request");
  }
  const UserId user = client.session.user;
  IM::Message::IMGetMsgByIdRsp response;
  response.set_user_id(user);
  response.set_session_type(request.session_type());
  response.set_session_id(request.session_id());
  std::vector<uint32_t> ids(request.msg_id_list().begin(), request.msg_id_list().end());
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return answer_from_store<std::vector<Message>>(
      client, header, [user, ref = *ref, ids](Database& db) { return by_id(db, user, ref, ids); },
      [response, header](Connection& connection, const std::vector<Message>& messages) {
        send_messages(connection, header, response, messages);
      });
}

Verdict on_latest_msg_id(ClientContext& client, const PduHeader& header,
                         const IM::Message::IMGetLatestMsgIdReq& request) {
  const auto ref = conversation_ref(request.session_type(), request.session_id());
  if (!ref) return kMalformedBody;
  const UserId user = client.session.user;
  IM::Message::IMGetLatestMsgIdRsp response;
  response.set_user_id(user);
  response.set_session_type(request.session_type());
  response.set_session_id(request.session_id());
  return answer_from_store<uint32_t>(
      client, header, [user, ref = *ref](Database& db) { return db.latest_msg_id(user, ref); },
      [response, seq_num = header.seq_num](Connection& connection, uint32_t latest) {
        IM::Message::IMGetLatestMsgIdRsp full = response;
        full.set_latest_msg_id(latest);
        send_pdu(connection, full, seq_num);
      });
}

}  // namespace talkbeat
