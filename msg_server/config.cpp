#include "msg_server/config.h"

#include <optional>

namespace talkbeat {

namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

void describe_limits(OptionTable& table, ClientSettings& client) {
  table
      .integer("max_connections", client.max_connections, {1, 4'000'000}, "connections",
               "Connections of clients at once; one more is told so and closed. login_server sends clients elsewhere "
               "before that.")
      .reloadable();
  table
      .integer("max_connections_per_address", client.max_connections_per_address, {1, 4'000'000}, "connections",
               "The same for one IP address: a single host cannot take all the places. Offices and mobile networks "
               "hide many people behind one address.")
      .reloadable();
  table
      .bytes("max_pdu_before_login", client.max_pdu_before_login, {1 << 10, 1 << 20},
             "Longest PDU of a client that has not logged in: what a stranger can make the server hold.")
      .reloadable();
  table.bytes("max_pdu", client.max_pdu, {4 << 10, 16 << 20}, "Longest PDU of a client that has logged in.")
      .reloadable();
  table
      .integer("message_rate", client.message_rate, {1, 1'000'000}, "messages a second",
               "What one connection may send for long; above it, messages are refused with TbError RATE_LIMITED.")
      .reloadable();
  table
      .integer("message_burst", client.message_burst, {1, 1'000'000}, "messages",
               "What it may send at once after a quiet time.")
      .reloadable();
  table
      .integer("request_rate", client.request_rate, {1, 1'000'000}, "PDUs a second",
               "PDUs of any kind that one connection may send for long.")
      .reloadable();
  table
      .integer("request_burst", client.request_burst, {1, 1'000'000}, "PDUs",
               "What it may send at once after a quiet time.")
      .reloadable();
  table
      .integer("max_list", client.max_list, {10, 100'000}, "entries",
               "Most ids in one request, and most sessions in one answer.")
      .reloadable();
}

void describe_output(OptionTable& table, ClientSettings& client) {
  table
      .bytes("out_soft_limit", client.out.soft, {4 << 10, 1 << 30},
             "A client that leaves more than this unread for longer than out_soft_time is closed (slow_consumer); it "
             "syncs from the store when it returns.")
      .reloadable();
  table.duration("out_soft_time", client.out.soft_ms, {100, kHour}, "See out_soft_limit.").reloadable();
  table
      .bytes("out_hard_limit", client.out.hard, {4 << 10, 1 << 30},
             "More than this is never kept for one client: it is closed at once (slow_consumer).")
      .reloadable();
  table
      .bytes("max_queued_before_login", client.max_queued_before_login, {1 << 10, 1 << 20},
             "The same for one that has not logged in.")
      .reloadable();
  table.integer("max_watched_users", client.max_watched_users, {0, 1'000'000}, "users",
                "Users about whose coming and going one PC session is told at most.");
  table.duration("status_gather", client.status_gather_ms, {1, 60'000},
                 "Changes of users' status are gathered for this long, and only the net change is sent: a reconnect "
                 "tells nobody anything.");
}

void describe_liveness(OptionTable& table, ClientSettings& client) {
  table
      .duration("handshake_timeout", client.liveness.handshake_timeout_ms, {100, kHour},
                "A connection without a successful login after this time is closed.")
      .reloadable();
  table
      .duration("idle_timeout", client.liveness.silence_timeout_ms, {200, kDay},
                "Nothing received from a PC client for this long: closed. Clients send heartbeats well below it.")
      .reloadable();
  table
      .duration("idle_timeout_mobile", client.idle_timeout_mobile_ms, {200, kDay},
                "The same for mobile clients. Stock TeamTalk apps beat every 4 minutes and need 300s.")
      .reloadable();
  table
      .duration("pdu_timeout", client.liveness.pdu_timeout_ms, {100, kHour},
                "A PDU, once begun, must be complete within this time: bytes that drip are no sign of life.")
      .reloadable();
  table
      .boolean("check_enabled", client.liveness.check_enabled,
               "false: nobody is closed for silence, so that a debugger's breakpoint costs no connection.")
      .reloadable();
}

void describe(OptionTable& table, ClientSettings& client) {
  table.section("client", "Connections of clients.");
  table.address("listen", client.listen, "Where clients connect.");
  table.text("ip1", client.ip1,
             "The address that login_server tells clients (priorIP). Empty: the one by which login_server sees this "
             "server, or, on one machine, the one by which the client reached login_server.");
  table.text("ip2", client.ip2, "A second address of this server (backupIP), through another network. Empty: ip1.");
  describe_liveness(table, client);
  describe_limits(table, client);
  describe_output(table, client);
  table.check([&client]() -> std::optional<BrokenRule> {
    if (client.out.hard >= client.out.soft) return std::nullopt;
    return BrokenRule{"client.out_hard_limit", "must not be smaller than client.out_soft_limit"};
  });
}

void describe_http(OptionTable& table, MsgServerConfig& config) {
  table.section("http", "Health, metrics and administration. Bind it to loopback: it asks for no password.");
  table.address("listen", config.http_listen, "GET /healthz, /readyz, /metrics.");
  table.duration("request_timeout", config.http.request_timeout_ms, {100, kHour},
                 "A request that is not complete after this time is given up.");
  table.integer("max_connections", config.http.max_connections, {1, 100'000}, "connections", "At once.");
}

void describe(OptionTable& table, ClusterSettings& cluster) {
  table.section("cluster", "Links to the login_servers.");
  table.addresses("login_servers", cluster.login_servers,
                  "Every login_server of the cluster: this server registers with all of them.");
  describe(table, cluster.link);
  table.duration("connect_timeout", cluster.connect_timeout_ms, {100, kHour},
                 "A connect that has not finished is given up after this time.");
  table.duration("reconnect_first", cluster.backoff.first_ms, {1, kHour},
                 "The first wait after a lost link is a random part of this; it doubles with each failure (full "
                 "jitter), so that servers do not all come back in the same moment.");
  table.duration("reconnect_max", cluster.backoff.max_ms, {1, kHour}, "No wait is longer than this.");
}

void describe(OptionTable& table, PasswordSettings& password) {
  table.section("password", "Checking passwords (Argon2id), and slowing down those who guess.");
  table.integer("operations", password.cost.operations, {1, 100}, "passes",
                "Passes over the memory for a new hash. A stored hash keeps the cost that it was made with.");
  table.bytes("memory", password.cost.memory_bytes, {64 << 10, 1 << 30},
              "Memory for each password check; workers times this is in use while clients log in.");
  table.integer("workers", password.workers, {1, 64}, "threads", "Password checks at the same time.");
  table.integer("max_queued", password.max_queued, {1, 100'000}, "logins",
                "Logins that wait for a check; one more is told to come back (TbError BUSY).");
  LoginThrottle::Limits& throttle = password.throttle;
  table
      .integer("failures_per_account", throttle.failures_per_account, {1, 1'000'000}, "failures",
               "Wrong passwords for one account, after which every try is refused unseen until forget_after.")
      .reloadable();
  table
      .integer("failures_per_address", throttle.failures_per_address, {1, 1'000'000}, "failures",
               "The same for one IP address.")
      .reloadable();
  table
      .duration("forget_after", throttle.forget_after_ms, {100, kDay},
                "Without a failure for this long, the count begins anew.")
      .reloadable();
  table
      .integer("max_remembered", throttle.max_entries, {100, 100'000'000}, "entries",
               "Accounts and addresses with failures that are remembered; the oldest make room.")
      .reloadable();
}

void describe(OptionTable& table, StoreSettings& store) {
  table.section("store", "Accounts, messages and sessions: everything that must last.");
  table.text("path", store.path, "The SQLite file. All msg_servers of a machine share it.");
  table.integer("max_queued_writes", store.limits.max_queued_writes, {10, 10'000'000}, "writes",
                "Messages and the like that wait for their commit; one more is refused with TbError BUSY.");
  table.integer("max_batch", store.limits.max_batch, {1, 100'000}, "writes",
                "Most writes in one transaction: what waits while one commits is committed together.");
  table.integer("max_queued_reads", store.max_queued_reads, {10, 10'000'000}, "reads",
                "Requests that wait to be read from the store; one more is refused with TbError BUSY.");
}

}  // namespace

OptionTable describe(MsgServerConfig& config) {
  OptionTable table;
  table.section("server", "Who this process is.");
  table.text("name", config.name,
             "Names the server in the log, in /api/cluster and towards login_server; each has its own.");
  describe(table, config.client);
  describe_http(table, config);
  describe(table, config.cluster);
  describe(table, config.password);
  describe(table, config.store);
  describe(table, config.tcp);
  describe(table, config.log);
  return table;
}

}  // namespace talkbeat
