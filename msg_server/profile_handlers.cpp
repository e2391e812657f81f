#include "base/utf8.h"
#include "msg_server/client_answers.h"
#include "msg_server/handlers.h"
#include "msg_server/profile_news.h"

// What users say of themselves.
namespace talkbeat {

namespace {

/// A change goes to everybody who watches the user, so it counts as a message does.
std::optional<Verdict> too_often(ClientContext& client) {
  if (client.session.messages.take(client.connection.now())) return std::nullopt;
  return Verdict::refused(ERROR_RATE_LIMITED, "too many changes: nothing was changed, wait and try again",
                          static_cast<uint32_t>(client.session.messages.wait_ms()));
}

bool acceptable(const std::string& text, size_t max_bytes) {
  return text.size() <= max_bytes && is_plain_text(text);
}

template <class Response>
Verdict change(ClientContext& client, const PduHeader& header, const ProfileEdit& edit, const Response& response) {
  MsgServerParts& server = client.server;
  const UserId user = client.session.user;
  const auto answer = answer_to<Done>(
      client, header,
      [response, seq_num = header.seq_num](Connection& connection, Done) { send_pdu(connection, response, seq_num); });
  server.store.write<Done>(
      [user, edit, now = server.loop.unix_seconds()](Database& db) { return db.edit_profile(user, edit, now); },
      [&server, user, edit, conn = client.connection.id(), answer](const StoreResult<Done>& result) {
        answer(result);
        if (result.ok()) tell_of_profile(server, user, edit, conn);
      });
  return Verdict::handled();
}

}  // namespace

Verdict on_change_avatar(ClientContext& client, const PduHeader& header, const IM::Buddy::IMChangeAvatarReq& request) {
  if (const auto refusal = too_often(client)) return *refusal;
  IM::Buddy::IMChangeAvatarRsp response;
  response.set_user_id(client.session.user);
  response.set_result_code(0);
  if (!acceptable(request.avatar_url(), client.server.config.profile.max_avatar_url)) {
    response.set_result_code(ERROR_INVALID_ARGUMENT);
    send_pdu(client.connection, response, header.seq_num);
    return Verdict::handled();
  }
  ProfileEdit edit;
  edit.avatar_url = request.avatar_url();
  return change(client, header, edit, response);
}

Verdict on_change_sign_info(ClientContext& client, const PduHeader& header,
                            const IM::Buddy::IMChangeSignInfoReq& request) {
  if (const auto refusal = too_often(client)) return *refusal;
  IM::Buddy::IMChangeSignInfoRsp response;
  response.set_user_id(client.session.user);
  response.set_result_code(0);
  if (!acceptable(request.sign_info(), client.server.config.profile.max_sign_info)) {
    response.set_result_code(ERROR_INVALID_ARGUMENT);
    send_pdu(client.connection, response, header.seq_num);
    return Verdict::handled();
  }
  response.set_sign_info(request.sign_info());
  ProfileEdit edit;
  edit.sign_info = request.sign_info();
  return change(client, header, edit, response);
}

}  // namespace talkbeat
