#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/sessions.h"
#include "msg_server/wire_records.h"

// A user's conversations, and who of the others is online.
namespace talkbeat {

namespace {

void tell_others_removed(MsgServerParts& server, ConnId conn, const IM::Buddy::IMRemoveSessionRsp& removed) {
  IM::Buddy::IMRemoveSessionNotify notify;
  notify.set_user_id(removed.user_id());
  notify.set_session_type(removed.session_type());
  notify.set_session_id(removed.session_id());
  server.delivery.to_user(removed.user_id(), encode_pdu(notify), conn);
}

}  // namespace

Verdict on_recent_sessions(ClientContext& client, const PduHeader& header,
                           const IM::Buddy::IMRecentContactSessionReq& request) {
  MsgServerParts& server = client.server;
  const UserId user = client.session.user;
  const size_t limit = server.config.client.max_list;
  return answer_from_store<std::vector<Conversation>>(
      client, header,
      [user, since = request.latest_update_time(), limit](Database& db) {
        return db.conversations(user, since, limit);
      },
      [&server, user, seq_num = header.seq_num](Connection& connection,
                                                const std::vector<Conversation>& conversations) {
        IM::Buddy::IMRecentContactSessionRsp response;
        response.set_user_id(user);
        for (const Conversation& conversation : conversations) {
          fill(*response.add_contact_session_list(), conversation);
          if (conversation.ref.kind == ConversationKind::kSingle)
            server.sessions.watch(connection, conversation.ref.peer);
        }
        send_pdu(connection, response, seq_num);
      });
}

Verdict on_remove_session(ClientContext& client, const PduHeader& header,
                          const IM::Buddy::IMRemoveSessionReq& request) {
  const auto ref = conversation_ref(request.session_type(), request.session_id());
  if (!ref) return kMalformedBody;
  MsgServerParts& server = client.server;
  const UserId user = client.session.user;
  IM::Buddy::IMRemoveSessionRsp response;
  response.set_user_id(user);
  response.set_result_code(0);
  response.set_session_type(request.session_type());
  response.set_session_id(request.session_id());
  const auto answer = answer_to<Done>(
      client, header,
      [response, seq_num = header.seq_num](Connection& connection, Done) { send_pdu(connection, response, seq_num); });
  server.store.write<Done>([user, ref = *ref](Database& db) { return db.remove_conversation(user, ref); },
                           [&server, conn = client.connection.id(), response, answer](const StoreResult<Done>& result) {
                             answer(result);
                             if (result.ok()) tell_others_removed(server, conn, response);
                           });
  return Verdict::handled();
}

Verdict on_users_status(ClientContext& client, const PduHeader& header, const IM::Buddy::IMUsersStatReq& request) {
  if (static_cast<size_t>(request.user_id_list_size()) > client.server.config.client.max_list) return kTooManyIds;
  IM::Buddy::IMUsersStatRsp response;
  response.set_user_id(client.session.user);
  for (const UserId user : request.user_id_list()) {
    client.server.status.settle(user);
    auto& entry = *response.add_user_stat_list();
    entry.set_user_id(user);
    entry.set_status(client.server.users.presence(user).online() ? IM::BaseDefine::USER_STATUS_ONLINE
                                                                 : IM::BaseDefine::USER_STATUS_OFFLINE);
    client.server.sessions.watch(client.connection, user);
  }
  send_pdu(client.connection, response, header.seq_num);
  return Verdict::handled();
}

}  // namespace talkbeat
