#include <algorithm>
#include <array>

#include "base/option_value.h"
#include "tools/talkcheck/check.h"
#include "tools/talkcheck/checks.h"

namespace talkbeat::check {

namespace {

constexpr unsigned kAsUser = Check::kServer | Check::kUsers;
constexpr Tick kMoment = 1'000;

// How long a check takes, as a share of one of the timings, in tenths.
template <Tick Timings::*timing, int tenths>
Tick part(const Timings& t) {
  return t.*timing * tenths / 10;
}
Tick moment(const Timings& /*t*/) {
  return kMoment;
}
Tick until_pc_is_silent(const Timings& t) {
  return t.silence(Device::kPc);
}
Tick until_mobile_is_silent(const Timings& t) {
  return t.silence(Device::kMobile);
}
Tick probed_for(const Timings& t) {
  return t.idle_timeout * 3 / 2 + t.probe_after;
}
Tick until_probe_ends(const Timings& t) {
  return t.probe_after + t.probe_timeout;
}
Tick some_pings(const Timings& t) {
  return 8 * t.gentle_pause();
}
Tick until_too_old(const Timings& t) {
  return t.max_connection_age * 11 / 10 + t.max_connection_age_grace;
}

constexpr std::array kChecks{
    Check{"silent_pc_is_closed", "rule 2; client.idle_timeout", "closed {idle-timeout} after its last PDU, told SILENT",
          kAsUser, nullptr, until_pc_is_silent, silent_pc_is_closed},
    Check{"silent_mobile_is_closed", "rule 2; client.idle_timeout_mobile",
          "closed {idle-timeout-mobile} after its last PDU (sooner by a probe), told SILENT", kAsUser, nullptr,
          until_mobile_is_silent, silent_mobile_is_closed},
    Check{"beats_keep_alive", "rule 3; client.idle_timeout", "open for 2.5 x {idle-timeout} of heartbeats alone",
          kAsUser, nullptr, part<&Timings::idle_timeout, 25>, beats_keep_alive},
    Check{"any_pdu_keeps_alive", "rule 2; client.idle_timeout", "open for 1.6 x {idle-timeout} without a heartbeat",
          kAsUser, nullptr, part<&Timings::idle_timeout, 16>, any_pdu_keeps_alive},
    Check{"probe_is_sent_and_an_answer_keeps", "client.probe_after",
          "a heartbeat after {probe-after} of silence; who answers stays", kAsUser, "probe-after", probed_for,
          probe_is_sent_and_an_answer_keeps},
    Check{"unanswered_probe_closes", "client.probe_timeout", "closed {probe-timeout} after the question, told SILENT",
          kAsUser, "probe-after", until_probe_ends, unanswered_probe_closes},
    Check{"silent_stranger_is_closed", "client.handshake_timeout",
          "closed {handshake-timeout} after connecting, told HANDSHAKE_TIMEOUT", Check::kServer, nullptr,
          part<&Timings::handshake_timeout, 10>, silent_stranger_is_closed},
    Check{"beating_stranger_is_closed", "client.handshake_timeout", "the same, whatever it says before its login",
          Check::kServer, nullptr, part<&Timings::handshake_timeout, 10>, beating_stranger_is_closed},
    Check{"dripping_stranger_is_closed", "client.handshake_timeout", "the same, inside of its login's PDU",
          Check::kServer, nullptr, part<&Timings::handshake_timeout, 10>, dripping_stranger_is_closed},
    Check{"dripped_pdu_is_closed", "rule 2; client.pdu_timeout",
          "closed {pdu-timeout} after the PDU's first byte, in spite of progress, told PDU_TIMEOUT", kAsUser, nullptr,
          part<&Timings::pdu_timeout, 10>, dripped_pdu_is_closed},
    Check{"each_is_closed_at_its_own_time", "rule 4", "100 connections, none waits for a scan of all", Check::kServer,
          nullptr, part<&Timings::handshake_timeout, 20>, each_is_closed_at_its_own_time},
    Check{"heartbeat_is_echoed", "PROTOCOL.md, Staying alive", "the same seq_num, 16 bytes", kAsUser, nullptr, moment,
          heartbeat_is_echoed},
    Check{"status_comes_when_wanted", "PROTOCOL.md, Staying alive", "want_status: server_time and unread_total",
          kAsUser, nullptr, moment, status_comes_when_wanted},
    Check{"early_pings_are_closed", "client.max_ping_strikes", "closed at one strike more, told TOO_MANY_PINGS",
          kAsUser, "min-ping-interval", moment, early_pings_are_closed},
    Check{"obeying_pinger_is_kept", "client.min_ping_interval", "open: no heartbeat sooner than {min-ping-interval}",
          kAsUser, "min-ping-interval", some_pings, obeying_pinger_is_kept},
    Check{"data_clears_strikes", "client.max_ping_strikes", "open: other PDUs between early heartbeats", kAsUser,
          "min-ping-interval", moment, data_clears_strikes},
    Check{"idle_client_is_closed", "client.max_connection_idle",
          "closed {max-connection-idle} after the last PDU that was no heartbeat, told IDLE", kAsUser,
          "max-connection-idle", part<&Timings::max_connection_idle, 10>, idle_client_is_closed},
    Check{"busy_client_is_kept", "client.max_connection_idle", "open for 1.2 x {max-connection-idle} of requests",
          kAsUser, "max-connection-idle", part<&Timings::max_connection_idle, 12>, busy_client_is_kept},
    Check{"old_client_is_told_and_served", "client.max_connection_age",
          "told MAX_AGE at {max-connection-age} +-10 %, served and closed {max-connection-age-grace} later", kAsUser,
          "max-connection-age", until_too_old, old_client_is_told_and_served},
    Check{"ages_differ", "client.max_connection_age", "not all are told to go at one age", kAsUser | Check::kTwoUsers,
          "max-connection-age", until_too_old, ages_differ},
    Check{"slow_reader_is_closed", "client.out_soft_limit, out_soft_time",
          "what it leaves unread for {out-soft-time} ends it (seen up to 3s later)", kAsUser, nullptr,
          part<&Timings::out_soft_time, 10>, slow_reader_is_closed},
    Check{"unacknowledging_client_is_closed", "tcp.client_user_timeout",
          "{user-timeout} after it stops taking bytes, though it sends", kAsUser, "user-timeout",
          part<&Timings::user_timeout, 10>, unacknowledging_client_is_closed},
    Check{"half_open_client_is_closed", "rule 2; tcp.client_user_timeout",
          "given up by then, whichever timeout is first", kAsUser, nullptr, until_pc_is_silent,
          half_open_client_is_closed},
    Check{"impossible_length_is_told", "rule 6", "closed at once, told PROTOCOL_ERROR", kAsUser, nullptr, moment,
          impossible_length_is_told},
    Check{"three_faults_are_told", "rule 6", "closed at the third refused PDU, told MALFORMED", kAsUser, nullptr,
          moment, three_faults_are_told},
    Check{"second_login_kicks_the_first", "rule 6", "IMKickUser, then closed; the newer one stays", kAsUser, nullptr,
          moment, second_login_kicks_the_first},
    Check{"logout_is_answered", "rule 6", "IMLogoutRsp, then closed", kAsUser, nullptr, moment, logout_is_answered},
    Check{"silent_asker_is_closed", "login_server: client.request_timeout", "closed {request-timeout} after connecting",
          Check::kLogin, nullptr, part<&Timings::request_timeout, 10>, silent_asker_is_closed},
    Check{"dripping_asker_is_closed", "login_server: client.request_timeout", "the same, inside of its request",
          Check::kLogin, nullptr, part<&Timings::request_timeout, 10>, dripping_asker_is_closed},
    Check{"link_stranger_is_closed", "cluster.handshake_timeout", "closed {link-handshake-timeout} after connecting",
          Check::kLink, nullptr, part<&Timings::link_handshake_timeout, 10>, link_stranger_is_closed},
    Check{"link_stranger_may_say_nothing", "PROTOCOL.md, Between servers", "closed at once: no proof of the key",
          Check::kLink, nullptr, moment, link_stranger_may_say_nothing},
    Check{"link_dripping_proof_is_closed", "cluster.handshake_timeout",
          "closed {link-handshake-timeout} after connecting", Check::kLink, nullptr,
          part<&Timings::link_handshake_timeout, 10>, link_dripping_proof_is_closed},
    Check{"link_wrong_key_is_refused", "PROTOCOL.md, Between servers", "refused and closed", Check::kLink, nullptr,
          moment, link_wrong_key_is_refused},
    Check{"link_silence_is_closed", "rule 2; cluster.silence_timeout", "closed {silence-timeout} after its last PDU",
          Check::kLink, nullptr, part<&Timings::silence_timeout, 10>, link_silence_is_closed},
    Check{"link_beats_keep_alive", "rule 3; cluster.silence_timeout", "open for 2.5 x {silence-timeout} of heartbeats",
          Check::kLink, nullptr, part<&Timings::silence_timeout, 25>, link_beats_keep_alive},
    Check{"link_any_pdu_keeps_alive", "rule 2; cluster.silence_timeout",
          "open for 2.5 x {silence-timeout} of other PDUs", Check::kLink, nullptr, part<&Timings::silence_timeout, 25>,
          link_any_pdu_keeps_alive},
    Check{"link_dripped_pdu_is_closed", "rule 2; cluster.pdu_timeout", "closed {link-pdu-timeout} after its first byte",
          Check::kLink, nullptr, part<&Timings::link_pdu_timeout, 10>, link_dripped_pdu_is_closed},
    Check{"link_beats_come_at_the_interval", "rule 3; cluster.heartbeat_interval",
          "one each {heartbeat-interval} of silence, not interval plus timeout", Check::kLink, nullptr,
          part<&Timings::heartbeat_interval, 80>, link_beats_come_at_the_interval},
    Check{"link_traffic_suppresses_beats", "rule 3; cluster.heartbeat_interval",
          "none while other PDUs come more often than each {heartbeat-interval}", Check::kLink, nullptr,
          part<&Timings::heartbeat_interval, 60>, link_traffic_suppresses_beats},
    Check{"link_beats_are_not_answered", "PROTOCOL.md, Between servers", "no heartbeat but for silence", Check::kLink,
          nullptr, part<&Timings::heartbeat_interval, 40>, link_beats_are_not_answered},
    Check{"stopped_server_closes_nobody", "rule 5", "stopped for 1.2 x {idle-timeout}, it closes no client that beat",
          kAsUser | Check::kPid, nullptr, part<&Timings::idle_timeout, 12>, stopped_server_closes_nobody},
};

const TimingRow& timing(std::string_view name) {
  return *std::ranges::find_if(timing_rows(), [name](const TimingRow& row) { return row.name == name; });
}

bool is_about(const Check& check, std::string_view timing_name) {
  return check.requires_on != nullptr && check.requires_on == timing_name;
}

// Limits that would end its connection before it has seen what it is about.
std::string cut_short(const Check& check, const Timings& t) {
  if ((check.needs & Check::kUsers) == 0 || is_about(check, "max-connection-age")) return "";
  const Tick takes = check.takes(t);
  if (t.max_connection_age > 0 && takes >= t.max_connection_age * 9 / 10) {
    return "not tested: client.max_connection_age ends connections before this can be seen";
  }
  if (t.max_connection_idle > 0 && takes >= t.max_connection_idle && !is_about(check, "max-connection-idle")) {
    return "not tested: client.max_connection_idle ends connections before this can be seen";
  }
  return "";
}

std::string missing(const Check& check, const Context& c) {
  if ((check.needs & Check::kServer) && !c.targets.server) return "needs --login or --server";
  if ((check.needs & Check::kUsers) && c.sessions.users() == 0) return "needs --user";
  if ((check.needs & Check::kTwoUsers) && c.sessions.users() < 2)
    return "needs two users: --user may stand several times";
  if ((check.needs & Check::kLogin) && !c.targets.login) return "needs --login";
  if ((check.needs & Check::kLink) && (!c.targets.link || !c.targets.key)) return "needs --link and --key";
  if ((check.needs & Check::kPid) && c.targets.pid == 0) return "needs --pid";
  return "";
}

}  // namespace

std::span<const Check> all_checks() {
  return kChecks;
}

std::string why_off(const Check& check, const Context& c) {
  if (const std::string lacks = missing(check, c); !lacks.empty()) return "not tested: " + lacks;
  const Timings& t = c.timings;
  if (check.requires_on != nullptr && t.*timing(check.requires_on).value == 0) {
    return std::string("not tested: off at the server, start it with --set ") + timing(check.requires_on).setting +
           "=… (and say --" + check.requires_on + " here)";
  }
  if (check.run == unanswered_probe_closes && !t.probe_ends(Device::kPc) && !t.probe_ends(Device::kMobile)) {
    return "not tested: idle_timeout ends a client before an unanswered probe does";
  }
  return cut_short(check, t);
}

}  // namespace talkbeat::check
