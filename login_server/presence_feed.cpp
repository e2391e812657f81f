#include "login_server/presence_feed.h"

#include "base/pdu_protocol.h"

namespace talkbeat::login {

namespace {

// A session as this server sees it: its own ones are not "elsewhere".
bool elsewhere(const std::optional<Session>& session, ServerId server) {
  return session.has_value() && session->server != server;
}

}  // namespace

PresenceFeed::PresenceFeed(ConnectionTable& connections, Presence& presence, const PresenceSettings& settings)
    : connections_(connections),
      presence_(presence),
      settings_(settings),
      timer_(connections.loop().timers(), [this] { send_batch(); }) {}

void PresenceFeed::add(ServerId server) {
  if (!told_.emplace(server, false).second) return;
  if (!timer_.armed()) timer_.start_once(settings_.gather_ms);
}

void PresenceFeed::presence_changed() {
  if (presence_.changed() && !timer_.armed()) timer_.start_once(settings_.gather_ms);
}

void PresenceFeed::send_batch() {
  const std::vector<PresenceChange> changes = presence_.take_changes();
  // Sending may close a link that does not read, which takes its server out of told_.
  const std::map<ServerId, bool> servers = told_;
  for (auto& [server, told] : told_) told = true;
  for (const auto& [server, told] : servers) {
    if (told) {
      send_changes(server, changes);
    } else {
      send_all(server);
    }
  }
}

void PresenceFeed::send_changes(ServerId server, const std::vector<PresenceChange>& changes) {
  Users users;
  for (const auto& [before, now] : changes) {
    const bool was = elsewhere(before, server);
    const bool is = elsewhere(now, server);
    if (is && !(was && before->client_type == now->client_type && before->login_stamp == now->login_stamp)) {
      append(server, users, *now, true);
    } else if (was && !is) {
      append(server, users, *before, false);
    }
  }
  send_rest(server, users);
}

void PresenceFeed::send_all(ServerId server) {
  Users users;
  presence_.for_each([&](const Session& session) {
    if (session.server != server) append(server, users, session, true);
  });
  send_rest(server, users);
}

void PresenceFeed::append(ServerId server, Users& users, const Session& session, bool online) {
  IM::BaseDefine::ServerUserStat& stat = *users.add_user_stat_list();
  stat.set_user_id(session.user_id);
  stat.set_status(online ? IM::BaseDefine::USER_STATUS_ONLINE : IM::BaseDefine::USER_STATUS_OFFLINE);
  stat.set_client_type(static_cast<IM::BaseDefine::ClientType>(session.client_type));
  stat.set_login_stamp(session.login_stamp);
  if (users.user_stat_list_size() >= settings_.chunk) send_rest(server, users);
}

void PresenceFeed::send_rest(ServerId server, Users& users) {
  if (users.user_stat_list().empty()) return;
  if (Connection* link = connections_.find(link_of(server))) send_pdu(*link, users);
  users.Clear();
}

}  // namespace talkbeat::login
