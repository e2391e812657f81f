#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/sessions.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

// Profiles in one answer. Where more than kEnoughWaiting bytes wait to be sent already, the client asks for the rest.
constexpr size_t kProfilesPerAnswer = 2'000;
constexpr size_t kEnoughWaiting = 1 << 20;

Verdict too_many_ids() {
  return Verdict::refused(ERROR_INVALID_ARGUMENT, "too many ids in one request");
}

/// An IMAllUserReq that is being answered, page by page.
struct UserListing {
  MsgServerParts& server;
  ConnId conn;
  PduHeader header;
  IM::Buddy::IMAllUserRsp response;  // without users; names the time that was asked for
  int64_t complete_until;            // what the client is told when it has got all
};

void list_users(const UserListing& listing, int64_t since, UserId after);

/// Only the last of the answers names another time than was asked for: up to there the client is now complete.
void send_page(const UserListing& listing, Connection& connection, const std::vector<Profile>& page) {
  IM::Buddy::IMAllUserRsp response = listing.response;
  for (const Profile& profile : page) fill(*response.add_user_list(), profile);
  const bool last = page.size() < kProfilesPerAnswer;
  const bool slow = connection.waiting_to_send() > kEnoughWaiting;
  if (last) {
    response.set_latest_update_time(static_cast<uint32_t>(listing.complete_until));
  } else if (slow) {
    response.set_latest_update_time(static_cast<uint32_t>(page.back().updated_at - 1));
  }
  send_pdu(connection, response, listing.header.seq_num);
  if (!last && !slow) list_users(listing, page.back().updated_at - 1, page.back().id);
}

void list_users(const UserListing& listing, int64_t since, UserId after) {
  using Page = std::vector<Profile>;
  listing.server.store.read<Page>(
      [since, after](Database& db) { return db.profiles_changed(since, after, kProfilesPerAnswer); },
      [listing](const StoreResult<Page>& page) {
        Connection* connection = listing.server.connections.find(listing.conn);
        if (connection == nullptr) return;
        if (page.ok()) {
          send_page(listing, *connection, page.value());
        } else {
          send_error(*connection, listing.header, refusal_of(page.error()));
        }
      });
}

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
          server.sessions.watch_status(connection, conversation.ref.peer);
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
  UserListing listing{client.server, client.connection.id(), header, {}, 0};
  listing.response.set_user_id(client.session.user);
  listing.response.set_latest_update_time(request.latest_update_time());
  // A user who changes later in this second would be missed if it counted as complete.
  listing.complete_until = client.server.loop.unix_seconds() - 1;
  list_users(listing, request.latest_update_time(), 0);
  return Verdict::handled();
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
    client.server.sessions.watch_status(client.connection, user);
  }
  send_pdu(client.connection, response, header.seq_num);
  return Verdict::handled();
}

}  // namespace talkbeat
