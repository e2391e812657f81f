#include "login_server/config.h"

namespace talkbeat::login {

namespace {

void describe_server(OptionTable& table, LoginServerConfig& config) {
  table.section("server", "This process.");
  table.text("name", config.name, "How it is called in the log, in /healthz and in /api/cluster.");
  table.integer("closed_kept", config.closed_kept, {0, 1'000'000}, "connections",
                "So many closed connections stay on record, for talkctl why. Each takes some hundred bytes.");
  table.check([&config]() -> std::optional<BrokenRule> {
    if (!config.name.empty()) return std::nullopt;
    return BrokenRule{"server.name", "must not be empty: logs of several servers could not be told apart"};
  });
}

void describe_client(OptionTable& table, ClientPortSettings& client) {
  table.section("client", "The ports where clients ask which msg_server to use.");
  table.address("listen", client.listen, "Where IMMsgServReq is answered.");
  table.address("http_listen", client.http_listen,
                "Where GET /msg_server is answered; /healthz, /metrics and /api/cluster are here, too.");
  table.duration("request_timeout", client.request_timeout_ms, {100, 3'600'000},
                 "From accept to the end of the request: one that dribbles is closed at this deadline, whatever it "
                 "sends.");
  table.integer("max_connections", client.max_connections, {1, 1'000'000}, "connections",
                "On each of the two ports at the same time; the rest get a refusal. They are short: this bounds what "
                "an attacker can hold open.");
  table.text("msfs_prior", client.msfs_prior, "Told to HTTP clients as msfsPrior, the file server; empty: none.")
      .reloadable();
  table.text("msfs_backup", client.msfs_backup, "Told to HTTP clients as msfsBackup; empty: none.").reloadable();
  table.text("discovery", client.discovery, "Told to HTTP clients as discovery, a page to show; empty: none.")
      .reloadable();
}

void describe_cluster(OptionTable& table, ServerPortSettings& cluster) {
  table.section("cluster", "The links of the msg_servers.");
  table.address("listen", cluster.listen,
                "Where msg_servers connect to. Loopback by default: choose another address for a cluster of several "
                "machines, and one that only they can reach.");
  describe(table, cluster.link);
  table.integer("max_connections", cluster.max_connections, {1, 100'000}, "connections",
                "At the same time, strangers that have not proved the key yet included.");
  table.bytes("queue_soft", cluster.out.soft, {64 << 10, 1 << 30},
              "More than this waiting to be sent to a msg_server for longer than queue_soft_time closes its link.");
  table.duration("queue_soft_time", cluster.out.soft_ms, {100, 3'600'000},
                 "How long queue_soft may be exceeded: a msg_server that is busy for a moment is not lost.");
  table.bytes("queue_hard", cluster.out.hard, {64 << 10, int64_t{4} << 30},
              "More than this waiting closes the link at once: it bounds this process's memory.");
  table.check([&cluster]() -> std::optional<BrokenRule> {
    if (cluster.out.hard >= cluster.out.soft) return std::nullopt;
    return BrokenRule{"cluster.queue_hard", "must not be smaller than cluster.queue_soft"};
  });
}

void describe_rest(OptionTable& table, LoginServerConfig& config) {
  table.section("allocation", "How clients are spread over the msg_servers.");
  table
      .duration("handed_out_ttl", config.allocation.handed_out_ttl_ms, {100, 600'000},
                "A client that was sent to a msg_server and is not seen there within this time counts as gone. "
                "Longer than the msg_servers' heartbeat_interval, so that those who arrive are counted once.")
      .reloadable();
  table.section("presence", "What the msg_servers are told about each other's users.");
  table
      .duration("gather", config.presence.gather_ms, {1, 60'000},
                "Changes are gathered for this long, and only the net change is sent: fewer PDUs, later news.")
      .reloadable();
  table
      .integer("chunk", config.presence.chunk, {1, 100'000}, "users",
               "At most this many in one PDU, so that large ones do not hold up what comes behind them.")
      .reloadable();
}

}  // namespace

void describe(OptionTable& table, LoginServerConfig& config) {
  describe_server(table, config);
  describe_client(table, config.client);
  describe_cluster(table, config.cluster);
  describe_rest(table, config);
  describe(table, config.tcp);
  describe(table, config.log);
}

}  // namespace talkbeat::login
