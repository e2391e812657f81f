#include "login_server/presence_feed.h"

#include <algorithm>

#include "base/pdu_protocol.h"

namespace talkbeat::login {

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
  std::vector<ServerId> told;
  std::vector<ServerId> newcomers;
  for (auto& [server, had_all] : told_) {
    (had_all ? told : newcomers).push_back(server);
    had_all = true;
  }
  send_changes(told, changes);
  for (const ServerId server : newcomers) send_all(server);
}

// What a change is to one server it is to all but the one whose session it is: so the changes are sorted by that one,
// and encoded once for all the others.
void PresenceFeed::send_changes(const std::vector<ServerId>& told, const std::vector<PresenceChange>& changes) {
  std::map<ServerId, Users> by_home;
  std::map<ServerId, Users> came_home;  // no longer elsewhere, for the server alone that has them now
  for (const auto& [before, now] : changes) {
    const Session& session = now ? *now : *before;
    Users& users = by_home[session.server];
    append(users, session, now.has_value());
    if (users.user_stat_list_size() >= settings_.chunk) send_to_others(told, session.server, users);
    if (now && before && before->server != now->server) append(came_home[now->server], *before, false);
  }
  for (auto& [home, users] : by_home) send_to_others(told, home, users);
  for (auto& [server, users] : came_home) {
    if (std::ranges::find(told, server) != told.end()) send_to(server, users);
  }
}

// All of it is made before any is sent: sending may close a link that does not read, and so change who is online.
void PresenceFeed::send_all(ServerId server) {
  std::vector<SharedBytes> pdus;
  Users users;
  presence_.for_each([&](const Session& session) {
    if (session.server == server) return;
    append(users, session, true);
    if (users.user_stat_list_size() < settings_.chunk) return;
    pdus.push_back(encode_pdu(users));
    users.Clear();
  });
  for (const SharedBytes& pdu : pdus) {
    if (Connection* link = connections_.find(link_of(server))) link->send(pdu);
  }
  send_to(server, users);
}

void PresenceFeed::append(Users& users, const Session& session, bool online) {
  IM::BaseDefine::ServerUserStat& stat = *users.add_user_stat_list();
  stat.set_user_id(session.user_id);
  stat.set_status(online ? IM::BaseDefine::USER_STATUS_ONLINE : IM::BaseDefine::USER_STATUS_OFFLINE);
  stat.set_client_type(static_cast<IM::BaseDefine::ClientType>(session.client_type));
  stat.set_login_stamp(session.login_stamp);
}

void PresenceFeed::send_to(ServerId server, Users& users) {
  if (users.user_stat_list().empty()) return;
  if (Connection* link = connections_.find(link_of(server))) send_pdu(*link, users);
  users.Clear();
}

void PresenceFeed::send_to_others(const std::vector<ServerId>& servers, ServerId except, Users& users) {
  if (users.user_stat_list().empty()) return;
  const SharedBytes pdu = encode_pdu(users);
  for (const ServerId server : servers) {
    if (server == except) continue;
    if (Connection* link = connections_.find(link_of(server))) link->send(pdu);
  }
  users.Clear();
}

}  // namespace talkbeat::login
