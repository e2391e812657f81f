#include "tests/sim/sim_client.h"

#include <utility>

#include "base/check.h"
#include "proto/buddy.pb.h"

namespace talkbeat::sim {

SimClient::SimClient(const Place& place, const Identity& identity, MessageCheck& check)
    : tally_(place.tally),
      check_(check),
      identity_(identity),
      id_(check.add_instance(identity.user)),
      process_(place.scheduler, place.network, place.trace, place.host, place.seed, place.wall_error, place.misuse),
      network_(process_.loop(), process_.rng()) {
  client_.emplace(network_,
                  ClientOptions{.login_servers = identity.login_servers,
                                .user = identity.name,
                                .password = Population::kPassword,
                                .client_type = identity.type},
                  static_cast<ClientListener&>(*this));
  process_.loop().post([this] { client_->start(); });
}

void SimClient::send(const ConversationId& to, size_t length) {
  process_.loop().post([this, to, length] {
    if (closed()) return;
    const bool group = to.type == IM::BaseDefine::SESSION_TYPE_GROUP;
    tally_.add(group ? Happening::kSentGroup : Happening::kSentSingle);
    const std::string body = check_.next_body(id_, length);
    process_.trace().note("sends", process_.host(), static_cast<uint64_t>(to.type), to.id, body.substr(0, 16));
    CHECK(client_->send_text(to, body) != 0);
  });
}

void SimClient::leave() {
  process_.loop().post([this] {
    if (!closed()) client_->stop();
  });
}

void SimClient::ask_online(const std::vector<UserId>& users, std::function<void(std::vector<UserId>)> answer) {
  IM::Buddy::IMUsersStatReq request;
  request.set_user_id(identity_.user);
  for (const UserId user : users) request.add_user_id_list(user);
  process_.loop().post([this, request, answer = std::move(answer)] {
    client_->request<IM::Buddy::IMUsersStatReq, IM::Buddy::IMUsersStatRsp>(
        request, [answer](const Result<IM::Buddy::IMUsersStatRsp>& response) {
          if (!response.ok()) return;
          std::vector<UserId> online;
          for (const auto& stat : response.value().user_stat_list()) {
            if (stat.status() != IM::BaseDefine::USER_STATUS_OFFLINE) online.push_back(stat.user_id());
          }
          answer(std::move(online));
        });
  });
}

void SimClient::on_state(ClientState state, const std::string& why) {
  process_.trace().note("client", process_.host(), static_cast<uint64_t>(state), 0, why);
  if (state == ClientState::kOnline && ++times_online_ > 1) tally_.add(Happening::kReconnected);
}

void SimClient::on_moved(const Address& server, const std::string& /*why*/) {
  tally_.add(Happening::kMoved);
  process_.trace().note("moved", process_.host(), 0, 0, server.ip);
}

void SimClient::on_message(const ReceivedMessage& message) {
  process_.trace().note("shown", process_.host(), message.conversation.id, message.msg_id, message.body.substr(0, 16));
  check_.shown(id_, message);
  if (!process_.rng().chance(identity_.reads)) return;
  check_.marked_read(id_, message.conversation, message.msg_id);
  client_->mark_read(message.conversation, message.msg_id);
}

void SimClient::on_sent(uint64_t local_id, uint32_t msg_id) {
  process_.trace().note("acked", process_.host(), local_id, msg_id);
  check_.acked(id_, local_id, msg_id);
}

void SimClient::on_send_failed(uint64_t local_id, ErrorCode /*code*/, const std::string& text) {
  process_.trace().note("send_failed", process_.host(), local_id, 0, text);
  check_.refused(id_, local_id);
}

void SimClient::on_synced() {
  process_.trace().note("synced", process_.host());
  check_.synced(id_);
}

void SimClient::on_kicked(KickedBy by) {
  process_.trace().note("kicked", process_.host(), static_cast<uint64_t>(by));
  tally_.add(Happening::kKicked);
  if (by != KickedBy::kNewerLogin || !identity_.may_be_kicked()) check_.kicked_by_nobody(id_);
}

}  // namespace talkbeat::sim
