#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "login_server/handed_out.h"

namespace talkbeat::login {

/// Names a registered msg_server: one for each link, never reused, so that what an earlier link of the same server said
/// is never taken for what the present one says.
enum class ServerId : uint64_t { kNone = 0 };

/// What a msg_server has said of itself.
struct MsgServer {
  ServerId id{};
  std::string name;
  uint64_t epoch = 0;  ///< random, new at each start of its process

  std::string ip1;  ///< for clients; empty: where its link comes from
  std::string ip2;
  uint16_t port = 0;
  uint16_t tls_port = 0;   ///< for clients; 0: none
  uint16_t http_port = 0;  ///< 0: not told
  uint32_t max_connections = 0;
  uint32_t connections = 0;
  bool draining = false;
  /// What it has committed and relayed; empty: not told yet.
  std::optional<uint64_t> message_sequence;

  /// It has missed relays from here on, and is told to sweep once all its users, and the kicks for them, are through.
  std::optional<uint64_t> sweep_after;

  std::string link_ip;  ///< where its link comes from
  Tick registered_at = 0;
  HandedOut handed_out;  ///< clients sent to it that its load does not show yet
  HandedOut kept;        ///< those of them that have a place kept

  uint64_t expected_connections() const { return uint64_t{connections} + handed_out.count(); }
  bool takes_clients() const { return !draining && connections + kept.count() < max_connections; }
  void hand_out(Tick now, bool keep_place);
  void arrived(uint64_t clients);
  /// Those that were handed out before `time` do not come any more.
  void forget_before(Tick time);
};

/// A msg_server's load as it reports it.
struct LoadReport {
  uint32_t connections = 0;
  uint32_t max_connections = 0;
  bool draining = false;
  uint64_t message_sequence = 0;
};

/// Which msg_servers there are. A pure core: no socket, no clock. Owned by the Cluster; the loop's thread only.
///
///   registry.add(std::move(server));
///   registry.take_load(id, report);
///   if (MsgServer* server = registry.find(id)) …
class ServerRegistry {
 public:
  /// The id must be new. Of one name several may stand for as long as the caller lets them: ask find_name() first.
  MsgServer& add(MsgServer server);
  void remove(ServerId id) { servers_.erase(id); }

  /// nullptr where there is none.
  MsgServer* find(ServerId id);
  MsgServer* find_name(const std::string& name);

  /// Takes what a heartbeat says. Connections that are new since the last report are clients that were handed out.
  void take_load(ServerId id, const LoadReport& report);
  /// One client more (or less) between two reports.
  void count_client(ServerId id, bool more);

  size_t size() const { return servers_.size(); }
  const std::map<ServerId, MsgServer>& all() const { return servers_; }
  void for_each(const std::function<void(MsgServer&)>& visit);

 private:
  std::map<ServerId, MsgServer> servers_;
};

}  // namespace talkbeat::login
