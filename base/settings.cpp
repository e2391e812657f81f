#include "base/settings.h"

#include <optional>

namespace talkbeat {

namespace {

constexpr OptionRange kUpToAnHour{100, 3'600'000};

// Linux counts TCP_USER_TIMEOUT from the last sign of life while it probes an idle connection, too (tcp(7)).
void describe_user_timeout(OptionTable& table, const std::string& name, Tick& value, const std::string& who) {
  table
      .duration(name, value, kUpToAnHour,
                "TCP_USER_TIMEOUT towards " + who +
                    ": data that the peer's system has not acknowledged for this long ends the connection. Without "
                    "it, TCP retries for 15 minutes and more. Where it is shorter than keepalive_idle and "
                    "keepalive_count intervals together, an idle connection ends with the first probe that gets lost.")
      .or_off();
}

}  // namespace

void describe(OptionTable& table, TcpSettings& settings) {
  table.section("tcp",
                "What TCP is told on every connection. It notices a dead host; a dead process or a dead path is "
                "noticed by the timeouts of the other sections.");
  table.boolean("no_delay", settings.clients.no_delay, "TCP_NODELAY: small PDUs leave at once.");
  table
      .duration("keepalive_idle", settings.clients.keepalive_idle_ms, {1'000, 86'400'000},
                "SO_KEEPALIVE: the kernel probes a connection that has been idle for this long (whole seconds count).")
      .or_off();
  table.duration("keepalive_interval", settings.clients.keepalive_interval_ms, {1'000, 3'600'000},
                 "Time between two such probes.");
  table.integer("keepalive_count", settings.clients.keepalive_count, {1, 100}, "probes",
                "Unanswered probes that end the connection.");
  describe_user_timeout(table, "client_user_timeout", settings.clients.user_timeout_ms, "clients");
  describe_user_timeout(table, "server_user_timeout", settings.servers.user_timeout_ms, "other servers");
  table.integer("backlog", settings.clients.backlog, {1, 65'535}, "connections",
                "Connections that the kernel keeps for a port until they are accepted.");
  // Both kinds of connection share all but the timeout.
  table.check([&settings]() -> std::optional<BrokenRule> {
    const Tick server_timeout = settings.servers.user_timeout_ms;
    settings.servers = settings.clients;
    settings.servers.user_timeout_ms = server_timeout;
    return std::nullopt;
  });
}

void describe(OptionTable& table, LinkSettings& settings) {
  LivenessPolicy& liveness = settings.liveness;
  table.text("key_file", settings.key_file,
             "The key that proves a server to be one of this cluster: 64 hex digits, readable by its owner only "
             "(chmod 600). tools/start.sh makes it.");
  table
      .duration("heartbeat_interval", liveness.heartbeat_interval_ms, {100, 3'600'000},
                "Nothing sent to the other server for this long: send a heartbeat. Busy links carry none.")
      .reloadable();
  table
      .duration("silence_timeout", liveness.silence_timeout_ms, {200, 3'600'000},
                "Nothing received from the other server for this long: it is dead, close the link. Must be larger "
                "than the heartbeat_interval of the other side.")
      .reloadable();
  table
      .duration("handshake_timeout", liveness.handshake_timeout_ms, {100, 3'600'000},
                "A connection that has not proved within this time that it holds the cluster key is closed.")
      .reloadable();
  table
      .duration("pdu_timeout", liveness.pdu_timeout_ms, {100, 3'600'000},
                "A PDU, once begun, must be complete within this time.")
      .reloadable();
  table
      .boolean("check_enabled", liveness.check_enabled,
               "false: links are never closed for silence, so that a debugger's breakpoint does not cost them.")
      .reloadable();
  table
      .boolean("log_heartbeats", liveness.log_heartbeats, "One log line for each heartbeat, in and out. For debugging.")
      .reloadable();
  table.bytes("max_pdu", settings.max_pdu, {64 << 10, 1 << 30},
              "Longest PDU between servers. Relayed messages have to fit.");
  table.bytes("queue_soft", settings.out.soft, {64 << 10, 1 << 30},
              "More than this waiting to be sent to the other server for longer than queue_soft_time closes the link.");
  table.duration("queue_soft_time", settings.out.soft_ms, {100, 3'600'000},
                 "How long queue_soft may be exceeded: a server that is busy for a moment is not lost.");
  table.bytes("queue_hard", settings.out.hard, {64 << 10, int64_t{4} << 30},
              "More than this waiting closes the link at once: it bounds this process's memory.");
  table.check([&settings]() -> std::optional<BrokenRule> {
    if (settings.out.hard >= settings.out.soft) return std::nullopt;
    return BrokenRule{"cluster.queue_hard", "must not be smaller than cluster.queue_soft"};
  });
  table.check([&liveness]() -> std::optional<BrokenRule> {
    if (liveness.silence_timeout_ms > liveness.heartbeat_interval_ms) return std::nullopt;
    return BrokenRule{"cluster.silence_timeout",
                      "must be larger than cluster.heartbeat_interval: else every quiet link is taken for dead"};
  });
}

}  // namespace talkbeat
