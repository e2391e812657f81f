#include "msg_server/config.h"

#include <algorithm>
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
      .integer("max_pending_requests", client.max_pending_requests, {1, 1'000'000}, "requests",
               "Of one connection, so many may wait to be answered from the store; above it, they are refused with "
               "TbError BUSY: logins and all other clients wait in the same queue.")
      .reloadable();
  table
      .integer("max_list", client.max_list, {10, 100'000}, "entries",
               "Most ids in one request, and most sessions in one answer.")
      .reloadable();
  table
      .bytes("max_p2p_command", client.max_p2p_command, {64, 1 << 20},
             "Longest command from client to client (IMP2PCmdMsg: is typing).")
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

void describe_silence(OptionTable& table, ClientSettings& client) {
  LivenessPolicy& liveness = client.liveness;
  table
      .duration("handshake_timeout", liveness.handshake_timeout_ms, {100, kHour},
                "A connection without a successful login after this time is closed.")
      .reloadable();
  table
      .duration("idle_timeout", liveness.silence_timeout_ms, {200, kDay},
                "Nothing received from a PC client for this long: closed. Clients send heartbeats well below it.")
      .reloadable();
  table
      .duration("idle_timeout_mobile", client.idle_timeout_mobile_ms, {200, kDay},
                "The same for mobile clients. Stock TeamTalk apps beat every 4 minutes and need 300s.")
      .reloadable();
  table
      .duration("pdu_timeout", liveness.pdu_timeout_ms, {100, kHour},
                "A PDU, once begun, must be complete within this time: bytes that drip are no sign of life.")
      .reloadable();
  table
      .duration("probe_after", liveness.probe_after_ms, {100, kDay},
                "Nothing received for this long: the server sends a heartbeat itself. Lets a long idle_timeout go "
                "together with quick detection, but wakes mobile clients up.")
      .or_off()
      .reloadable();
  table
      .duration("probe_timeout", liveness.probe_timeout_ms, {100, kHour},
                "Nothing received for this long after such a heartbeat: closed (probe_unanswered).")
      .reloadable();
}

void describe_pings(OptionTable& table, ClientSettings& client) {
  LivenessPolicy& liveness = client.liveness;
  table
      .duration("min_ping_interval", liveness.min_ping_interval_ms, {10, kHour},
                "A heartbeat earlier than this after the one before is a strike (a tenth is allowed for the path's "
                "jitter); any other PDU, either way, clears the strikes. Protects from clients that beat like mad. "
                "Never more than a third of the idle timeout counts.")
      .or_off()
      .reloadable();
  table
      .integer("max_ping_strikes", liveness.max_ping_strikes, {0, 1'000}, "strikes",
               "One more than this: closed (too_many_pings).")
      .reloadable();
  table
      .boolean("count_sent_as_activity", liveness.count_sent_as_activity,
               "true: what the server sends to a client proves it alive, too. It does not really: the kernel takes "
               "bytes for a peer that is gone. For deployments whose clients only listen.")
      .reloadable();
  table
      .boolean("check_enabled", liveness.check_enabled,
               "false: nobody is closed for silence, age or heartbeats, so that a debugger's breakpoint costs no "
               "connection.")
      .reloadable();
  table
      .boolean("log_heartbeats", liveness.log_heartbeats, "One log line for each heartbeat, in and out. For debugging.")
      .reloadable();
}

void describe_leaving(OptionTable& table, ClientSettings& client) {
  LivenessPolicy& liveness = client.liveness;
  table
      .duration("max_connection_idle", liveness.max_idle_ms, {100, 30 * kDay},
                "Nothing but heartbeats for this long, either way: closed (idle). Frees places that nobody uses; the "
                "client library comes back all the same.")
      .or_off()
      .reloadable();
  table
      .duration("max_connection_age", liveness.max_age_ms, {100, 365 * kDay},
                "A session as old as this (+-10 %, so that a fleet does not turn at once) is asked to make a new "
                "connection: spreads clients over servers that were added. TalkBeat's clients move without a gap.")
      .or_off()
      .reloadable();
  table
      .duration("max_connection_age_grace", liveness.age_grace_ms, {100, kDay},
                "How long it may take for that; then it is closed (max_age).")
      .reloadable();
}

std::optional<BrokenRule> broken_liveness(const ClientSettings& client) {
  const LivenessPolicy& liveness = client.liveness;
  if (liveness.probe_after_ms >= std::max(liveness.silence_timeout_ms, client.idle_timeout_mobile_ms)) {
    return BrokenRule{"client.probe_after", "must be smaller than an idle timeout: else nobody is ever asked"};
  }
  return std::nullopt;
}

void describe(OptionTable& table, ClientSettings& client) {
  table.section("client", "Connections of clients.");
  table.address("listen", client.listen, "Where clients connect.");
  table.text("ip1", client.ip1,
             "The address that login_server tells clients (priorIP). Empty: the one by which login_server sees this "
             "server, or, on one machine, the one by which the client reached login_server.");
  table.text("ip2", client.ip2, "A second address of this server (backupIP), through another network. Empty: ip1.");
  describe_silence(table, client);
  describe_pings(table, client);
  describe_leaving(table, client);
  describe_limits(table, client);
  describe_output(table, client);
  table.check([&client]() -> std::optional<BrokenRule> {
    if (client.out.hard >= client.out.soft) return std::nullopt;
    return BrokenRule{"client.out_hard_limit", "must not be smaller than client.out_soft_limit"};
  });
  table.check([&client] { return broken_liveness(client); });
}

void describe(OptionTable& table, DrainSettings& drain) {
  table.section("drain", "Leaving in good order: at SIGTERM, or by talkctl drain.");
  table
      .duration("spread", drain.spread_ms, {1, kHour},
                "Clients are asked to go one after the other over this time, so that they do not all arrive elsewhere "
                "in one second.")
      .reloadable();
  table
      .duration("timeout", drain.timeout_ms, {1, kDay},
                "Whoever is still here after this time is closed. Longer than spread; stock clients, which do not "
                "understand that they are asked, stay until then.")
      .reloadable();
  table.check([&drain]() -> std::optional<BrokenRule> {
    if (drain.timeout_ms > drain.spread_ms) return std::nullopt;
    return BrokenRule{"drain.timeout", "must be larger than drain.spread: else the last ones have no time to go"};
  });
}

void describe_http(OptionTable& table, MsgServerConfig& config) {
  table.section("http",
                "Health and metrics, for whoever reaches it, and the administration API, for programs on this machine "
                "with the key of admin.key_file. Bind it to loopback.");
  table.address("listen", config.http_listen, "GET /healthz, /readyz, /metrics; /api/, /query/.");
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
  table
      .duration("presence_grace", cluster.presence_grace_ms, {100, kHour},
                "When the last login_server that knew of everybody is lost, users on other msg_servers count as online "
                "for this long, unless something newer is heard of them: clients do not see it restart. Longer than "
                "the restart and the wait of a msg_server (up to reconnect_max) take. Whoever leaves meanwhile counts "
                "as online until then, but not for pushes.")
      .or_off()
      .reloadable();
  table.integer("max_session_details", cluster.max_session_details, {0, 10'000'000}, "sessions",
                "Of so many sessions on other servers GET /api/online tells client_type and since (about 60 bytes each "
                "and login_server); of all the others it tells that they are there, which costs two bits.");
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

void describe(OptionTable& table, SessionTokenSettings& token) {
  table.section("session_token", "What a client may show in place of its password when it comes back.");
  table
      .duration("lifetime", token.lifetime_ms, {1'000, 365 * kDay},
                "How long a token is good from the login that it was given at; each login gives a new one. So clients "
                "that come back, ten thousand at once even, cost no password check. A change counts for tokens given "
                "from then on; 0 refuses all of them at once. A new password, `talkctl user revoke` and `user disable` "
                "end a user's tokens.")
      .reloadable()
      .or_off();
}

void describe(OptionTable& table, StoreSettings& store) {
  table.section("store", "Accounts, messages and sessions: everything that must last.");
  table.text("path", store.path, "The SQLite file. All msg_servers of a machine share it.");
  table.bytes(
      "page_cache", store.page_cache, {256 << 10, 16LL << 30},
      "Pages of the file that this process keeps in memory: up to so much for writing, and again for reading. "
      "Many msg_servers on one machine do with little, since the system keeps the file's pages for all of them.");
  table.integer("max_queued_writes", store.limits.max_queued_writes, {10, 10'000'000}, "writes",
                "Messages and the like that wait for their commit; one more is refused with TbError BUSY.");
  table.integer("max_batch", store.limits.max_batch, {1, 100'000}, "writes",
                "Most writes in one transaction: what waits while one commits is committed together.");
  table.bytes("max_queued_bytes", store.limits.max_queued_bytes, {1 << 20, 1ull << 40},
              "The same, by the bytes of the messages that wait.");
  table.bytes("max_batch_bytes", store.limits.max_batch_bytes, {4 << 10, 1 << 30},
              "Most bytes of messages in one transaction, so that long ones do not keep other msg_servers waiting.");
  table.integer("max_queued_reads", store.max_queued_reads, {10, 10'000'000}, "reads",
                "Requests that wait to be read from the store; one more is refused with TbError BUSY.");
}

// What a client may send has to get on.
std::optional<BrokenRule> broken_sizes(const MsgServerConfig& config) {
  constexpr size_t kAroundRelay = 64 << 10;  // the receivers' numbers
  const size_t most = config.client.max_pdu;
  if (most < config.client.max_pdu_before_login) {
    return BrokenRule{"client.max_pdu", "must not be smaller than client.max_pdu_before_login"};
  }
  if (config.store.limits.max_queued_bytes < most) {
    return BrokenRule{"store.max_queued_bytes",
                      "must not be smaller than client.max_pdu: else a long message is refused whenever another one "
                      "waits"};
  }
  if (config.cluster.link.max_pdu < most + kAroundRelay) {
    return BrokenRule{"cluster.max_pdu",
                      "must be 64 KiB larger than client.max_pdu, or more, here and on login_servers: else a "
                      "long message ends the link that it is relayed over"};
  }
  return std::nullopt;
}

std::optional<BrokenRule> broken_waits(const MsgServerConfig& config) {
  const auto contradict = [](const BackoffPolicy& backoff) { return backoff.max_ms < backoff.first_ms; };
  if (contradict(config.cluster.backoff)) {
    return BrokenRule{"cluster.reconnect_max", "must not be smaller than cluster.reconnect_first"};
  }
  if (contradict(config.push.backoff)) {
    return BrokenRule{"push.retry_max", "must not be smaller than push.retry_first"};
  }
  return std::nullopt;
}

}  // namespace

OptionTable describe(MsgServerConfig& config) {
  OptionTable table;
  table.section("server", "Who this process is.");
  table.text("name", config.name,
             "Names the server in the log, in /api/cluster and towards login_server; each has its own.");
  table.integer("closed_kept", config.closed_kept, {0, 1'000'000}, "connections",
                "So many closed connections stay on record, for talkctl why. Each takes some hundred bytes.");
  table.duration(
      "ledger_interval", config.ledger_interval_ms, {100, kHour},
      "How often the server looks whether its ledger balances: whether each message that it has taken can be "
      "accounted for (talkctl ledger).");
  describe(table, config.client);
  describe_http(table, config);
  describe(table, config.cluster);
  describe(table, config.password);
  describe(table, config.session_token);
  describe(table, config.store);
  describe(table, config.drain);
  describe(table, config.profile);
  describe(table, config.groups);
  describe(table, config.push);
  describe(table, config.files);
  describe(table, config.admin);
  describe(table, config.tcp);
  describe(table, config.tls);
  table.address("listen", config.tls_listen, "Where clients connect with TLS.");
  describe(table, config.log);
  table.check([&config] {
    return broken_line(config.tls, "client.handshake_timeout", config.client.liveness.handshake_timeout_ms);
  });
  table.check([&config] { return broken_sizes(config); });
  table.check([&config] { return broken_waits(config); });
  return table;
}

}  // namespace talkbeat
