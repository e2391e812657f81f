#include <algorithm>
#include <limits>

#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

// Profiles read from the store at a time, and the size at which an answer is sent and the next one begun.
constexpr size_t kProfilesPerPage = 2'000;
constexpr size_t kMaxAnswerBytes = 512 << 10;

Verdict too_many_ids() {
  return Verdict::refused(ERROR_INVALID_ARGUMENT, "too many ids in one request");
}

/// All changed profiles, read page by page in the reader's thread.
StoreResult<std::vector<Profile>> all_changed(Database& db, int64_t since) {
  std::vector<Profile> all;
  UserId after = 0;
  while (true) {
    StoreResult<std::vector<Profile>> page = db.profiles_changed(since, after, kProfilesPerPage);
    if (!page.ok()) return page.error();
    all.insert(all.end(), page.value().begin(), page.value().end());
    if (page.value().size() < kProfilesPerPage) return all;
    since = all.back().updated_at - 1;
    after = all.back().id;
  }
}

/// As many answers as it takes, all with the request's seq_num. Only the last one names the time up to which the client
/// is now complete: one that was cut off asks again from where it was.
void send_users(Connection& connection, uint16_t seq_num, IM::Buddy::IMAllUserRsp response,
                const std::vector<Profile>& profiles, int64_t complete_until) {
  size_t bytes = 0;
  for (const Profile& profile : profiles) {
    auto& info = *response.add_user_list();
    fill(info, profile);
    bytes += info.ByteSizeLong();
    if (bytes < kMaxAnswerBytes) continue;
    send_pdu(connection, response, seq_num);
    response.clear_user_list();
    bytes = 0;
  }
  response.set_latest_update_time(static_cast<uint32_t>(complete_until));
  send_pdu(connection, response, seq_num);
}

}  // namespace

Verdict on_recent_sessions(ClientContext& client, const PduHeader& header,
                           const IM::Buddy::IMRecentContactSessionReq& request) {
  MsgServerParts& server = client.server;
  const UserId user = client.session.user;
  const bool watches = client.session.client_class == ClientClass::kPc;
  const size_t limit = server.config.client.max_list;
  return answer_from_store<std::vector<Conversation>>(
      client, header,
      [user, since = request.latest_update_time(), limit](Database& db) { return db.conversations(user, since, limit); },
      [&server, user, watches, seq_num = header.seq_num](Connection& connection,
                                                         const std::vector<Conversation>& conversations) {
        IM::Buddy::IMRecentContactSessionRsp response;
        response.set_user_id(user);
        for (const Conversation& conversation : conversations) {
          fill(*response.add_contact_session_list(), conversation);
          if (watches) server.status.watch(connection.id(), conversation.ref.peer);
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
  return answer_after_write<Done>(
      client, header, [user, ref = *ref](Database& db) { return db.remove_conversation(user, ref); },
      [&server, response, seq_num = header.seq_num](Connection& connection, Done) {
        send_pdu(connection, response, seq_num);
        IM::Buddy::IMRemoveSessionNotify notify;
        notify.set_user_id(response.user_id());
        notify.set_session_type(response.session_type());
        notify.set_session_id(response.session_id());
        server.delivery.to_user(response.user_id(), encode_pdu(notify), connection.id());
      });
}

Verdict on_users_info(ClientContext& client, const PduHeader& header, const IM::Buddy::IMUsersInfoReq& request) {
  if (static_cast<size_t>(request.user_id_list_size()) > client.server.config.client.max_list) return too_many_ids();
  const UserId user = client.session.user;
  const std::vector<UserId> wanted(request.user_id_list().begin(), request.user_id_list().end());
  return answer_from_store<std::vector<Profile>>(
      client, header, [wanted](Database& db) { return db.profiles(wanted); },
      [user, seq_num = header.seq_num](Connection& connection, const std::vector<Profile>& profiles) {
        IM::Buddy::IMUsersInfoRsp response;
        response.set_user_id(user);
        for (const Profile& profile : profiles) fill(*response.add_user_info_list(), profile);
        send_pdu(connection, response, seq_num);
      });
}

Verdict on_all_users(ClientContext& client, const PduHeader& header, const IM::Buddy::IMAllUserReq& request) {
  IM::Buddy::IMAllUserRsp response;
  response.set_user_id(client.session.user);
  response.set_latest_update_time(request.latest_update_time());
  // A user who changes later in this second would be missed if it counted as complete.
  const int64_t complete_until = client.server.loop.unix_seconds() - 1;
  return answer_from_store<std::vector<Profile>>(
      client, header, [since = int64_t{request.latest_update_time()}](Database& db) { return all_changed(db, since); },
      [response, complete_until, seq_num = header.seq_num](Connection& connection,
                                                           const std::vector<Profile>& profiles) {
        send_users(connection, seq_num, response, profiles, complete_until);
      });
}

Verdict on_users_status(ClientContext& client, const PduHeader& header, const IM::Buddy::IMUsersStatReq& request) {
  if (static_cast<size_t>(request.user_id_list_size()) > client.server.config.client.max_list) return too_many_ids();
  IM::Buddy::IMUsersStatRsp response;
  response.set_user_id(client.session.user);
  for (const UserId user : request.user_id_list()) {
    auto& entry = *response.add_user_stat_list();
    entry.set_user_id(user);
    entry.set_status(client.server.users.presence(user).online() ? IM::BaseDefine::USER_STATUS_ONLINE
                                                                 : IM::BaseDefine::USER_STATUS_OFFLINE);
    if (client.session.client_class == ClientClass::kPc) client.server.status.watch(client.connection.id(), user);
  }
  send_pdu(client.connection, response, header.seq_num);
  return Verdict::handled();
}

}  // namespace talkbeat
