// talkcheck: what it says of servers that keep the rules, and of such that break them. A check that cannot fail is
// worth nothing, so each is seen to fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Pair;

constexpr const char* kScale = "20";
constexpr int kUsers = 8;

std::string talkcheck() {
  return programs() / "talkcheck";
}

std::string at(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

/// The settings that `talkcheck settings` prints, then those that are to be different.
ClusterOptions scaled(const std::vector<std::string>& different = {}) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.users.clear();
  std::istringstream words(run({talkcheck(), "settings", "--scale", kScale}).out);
  for (std::string word; words >> word;) {
    if (word != "--set") options.settings.push_back(word);
  }
  options.settings.insert(options.settings.end(), different.begin(), different.end());
  return options;
}

void add_users(const Cluster& cluster) {
  const Outcome added = cluster.talkctl({"user", "add-many", "--prefix", "check", "--count", std::to_string(kUsers),
                                         "--password", std::string(kPassword)});
  ASSERT_EQ(added.exit_code, 0) << added.err;
}

std::vector<std::string> against(const Cluster& cluster, const std::vector<std::string>& more = {}) {
  std::vector<std::string> command{talkcheck(),  "--json",
                                   "--scale",    kScale,
                                   "--login",    at(cluster.client_port("login_server_0")),
                                   "--users",    "check:" + std::to_string(kUsers),
                                   "--password", std::string(kPassword),
                                   "--link",     at(cluster.servers_port("login_server_0")),
                                   "--key",      cluster.directory() / "cluster.key"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

/// Names of behaviours by what was said of them: "PASS", "FAIL", "OFF". For the test's failure, all that was measured.
struct Said {
  std::map<std::string, std::set<std::string>> names;
  std::string text;

  std::set<std::string> of(const std::string& result) const {
    const auto found = names.find(result);
    return found == names.end() ? std::set<std::string>() : found->second;
  }
};

Said said_in(const Outcome& outcome) {
  Said said;
  const auto report = nlohmann::json::parse(outcome.out, nullptr, false);
  if (report.is_discarded()) throw Unexpected("no report: " + outcome.out + outcome.err);
  for (const auto& check : report["checks"]) {
    said.names[check["result"]].insert(check["name"]);
    said.text += check["result"].get<std::string>() + " " + check["name"].get<std::string>() + ": " +
                 check["measured"].get<std::string>() + "\n";
  }
  return said;
}

// A login has 3 s (60 s by the scale), since a password takes a while on a machine that is busy otherwise.
TEST(Talkcheck, servers_that_keep_the_rules_pass_all_of_it) {
  Cluster cluster(scaled({"client.handshake_timeout=3s", "client.pdu_timeout=4s"}));
  add_users(cluster);
  const Outcome outcome = run(against(cluster, {"--handshake-timeout", "60s", "--pdu-timeout", "80s", "--pid",
                                                std::to_string(cluster.pid("msg_server_0"))}));
  const Said said = said_in(outcome);
  EXPECT_THAT(said.of("FAIL"), IsEmpty()) << said.text;
  EXPECT_THAT(said.of("OFF"), IsEmpty()) << said.text;
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

// Nothing is ever closed, and heartbeats between servers come too seldom.
TEST(Talkcheck, a_server_that_closes_nobody_is_found_out) {
  Cluster cluster(
      scaled({"client.check_enabled=false", "cluster.check_enabled=false", "client.request_timeout=10m",
              "client.max_ping_strikes=1000", "cluster.heartbeat_interval=1400ms", "tcp.client_user_timeout=0",
              "client.out_soft_time=10m", "client.out_hard_limit=1GiB", "client.probe_after=0"}));
  add_users(cluster);
  const Outcome outcome =
      run(against(cluster, {"--only", "silent",        "--only", "stranger_is",  "--only", "unanswered_probe",
                            "--only", "probe_is_sent", "--only", "drip",         "--only", "own_time",
                            "--only", "early_pings",   "--only", "slow_reader",  "--only", "acknowledging",
                            "--only", "half_open",     "--only", "link_silence", "--only", "link_beats_come"}));
  const Said said = said_in(outcome);
  EXPECT_THAT(said.of("PASS"), IsEmpty()) << said.text;
  EXPECT_GE(said.of("FAIL").size(), 19u) << said.text;
  EXPECT_THAT(said.text, HasSubstr("silent_pc_is_closed: still open after"));
  EXPECT_EQ(outcome.exit_code, 1);
}

// Everything is closed too soon, whoever keeps to the rules as well.
TEST(Talkcheck, a_server_that_closes_too_soon_is_found_out) {
  Cluster cluster(
      scaled({"client.idle_timeout=1400ms", "client.idle_timeout_mobile=1400ms", "client.probe_after=0",
              "client.handshake_timeout=300ms", "client.pdu_timeout=500ms", "client.min_ping_interval=700ms",
              "client.max_ping_strikes=0", "client.max_connection_idle=4s", "client.max_connection_age=6s",
              "client.max_connection_age_grace=3s", "client.request_timeout=1s", "cluster.silence_timeout=400ms",
              "cluster.heartbeat_interval=100ms", "cluster.handshake_timeout=300ms", "cluster.pdu_timeout=500ms",
              "tcp.client_user_timeout=1s"}));
  add_users(cluster);
  const Outcome outcome = run(against(cluster));
  const Said said = said_in(outcome);
  EXPECT_THAT(said.of("FAIL"), IsSupersetOf({"silent_pc_is_closed",
                                             "silent_mobile_is_closed",
                                             "any_pdu_keeps_alive",
                                             "silent_stranger_is_closed",
                                             "beating_stranger_is_closed",
                                             "dripping_stranger_is_closed",
                                             "dripped_pdu_is_closed",
                                             "each_is_closed_at_its_own_time",
                                             "early_pings_are_closed",
                                             "obeying_pinger_is_kept",
                                             "data_clears_strikes",
                                             "idle_client_is_closed",
                                             "busy_client_is_kept",
                                             "old_client_is_told_and_served",
                                             "ages_differ",
                                             "unacknowledging_client_is_closed",
                                             "silent_asker_is_closed",
                                             "dripping_asker_is_closed",
                                             "link_stranger_is_closed",
                                             "link_dripping_proof_is_closed",
                                             "link_silence_is_closed",
                                             "link_beats_keep_alive",
                                             "link_any_pdu_keeps_alive",
                                             "link_dripped_pdu_is_closed",
                                             "link_beats_come_at_the_interval"}))
      << said.text;
  EXPECT_EQ(outcome.exit_code, 1);

  // Beats come where an interval of 2 s is expected (40 s by the scale): taken for such that nobody asked for. A client
  // that believes in an idle timeout of 6 s (120 s) beats each 2 s, which is too seldom for this server.
  const Said beats =
      said_in(run(against(cluster, {"--heartbeat-interval", "40s", "--only", "suppresses", "--only", "not_answered",
                                    "--idle-timeout", "120s", "--probe-after", "0", "--max-connection-idle", "0",
                                    "--max-connection-age", "0", "--only", "beats_keep_alive"})));
  EXPECT_THAT(beats.of("FAIL"), IsSupersetOf({"link_traffic_suppresses_beats", "link_beats_are_not_answered",
                                              "beats_keep_alive", "link_beats_keep_alive"}))
      << beats.text;
}

// Another server than ours: the one that talkcheck itself plays for clients. It has no manners.
TEST(Talkcheck, a_server_without_manners_is_found_out) {
  const PortBlock ports;
  Program server({talkcheck(), "client", "--listen", at(ports.base())});
  wait_until("it listens", [&] {
    return run({talkcheck(), "--server", at(ports.base()), "--only", "logout"}).exit_code == 1 &&
           run({talkcheck(), "--login", at(ports.base()), "--user", "u", "--password", "p", "--only", "logout"})
                   .exit_code == 0;
  });
  const Outcome outcome = run({talkcheck(), "--json",     "--login", at(ports.base()), "--user", "u",      "--user",
                               "v",         "--password", "p",       "--only",         "told",   "--only", "kicks",
                               "--only",    "logout",     "--only",  "status_comes",   "--only", "echoed"});
  const Said said = said_in(outcome);
  EXPECT_THAT(said.of("FAIL"), IsSupersetOf({"impossible_length_is_told", "three_faults_are_told",
                                             "second_login_kicks_the_first", "status_comes_when_wanted"}))
      << said.text;
  EXPECT_THAT(said.of("PASS"), IsSupersetOf({"logout_is_answered", "heartbeat_is_echoed"})) << said.text;
}

TEST(Talkcheck, what_is_off_at_the_server_counts_neither_way) {
  ClusterOptions options;
  options.users = {"alice"};
  options.msg_servers = 1;
  Cluster cluster(options);
  const Outcome outcome = run({talkcheck(), "--login", at(cluster.client_port("login_server_0")), "--user", "alice",
                               "--password", std::string(kPassword), "--only", "probe", "--only", "idle_client",
                               "--only", "old_client", "--only", "logout"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("OFF     idle_client_is_closed"), HasSubstr("--set client.probe_after="),
                    HasSubstr("PASS    logout_is_answered"), HasSubstr("1 passed, 0 failed, 4 not tested")));
}

/// talkchat, judged on a port of its own.
std::vector<std::string> judge_talkchat(int port, const std::vector<std::string>& more) {
  const std::string client = programs() / "talkchat";
  std::vector<std::string> command{talkcheck(),
                                   "client",
                                   "--json",
                                   "--listen",
                                   at(port),
                                   "--client-heartbeat-interval",
                                   "600ms",
                                   "--response-timeout",
                                   "1s",
                                   "--backoff-reset",
                                   "3s",
                                   "--exec",
                                   client + " --login " + at(port) +
                                       " --user a --password b --to talkcheck --heartbeat 600ms --response-timeout 1s"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

TEST(Talkcheck, talkchat_keeps_a_clients_rules) {
  const PortBlock ports;
  // It goes on for the sum of many pauses: beside the others, on a second client.
  Program backoff(judge_talkchat(ports.base() + 10, {"--only", "backoff"}));
  const Outcome outcome = run(judge_talkchat(
      ports.base(), {"--only", "login_server", "--only", "beats", "--only", "probe", "--only", "break", "--only",
                     "unacked", "--only", "token", "--only", "pings", "--only", "dead", "--only", "kick"}));
  const Said said = said_in(outcome);
  EXPECT_EQ(said.of("PASS").size(), 11u) << said.text;
  EXPECT_EQ(outcome.exit_code, 0) << said.text;
  const Said waited = said_in(backoff.wait());
  EXPECT_EQ(waited.of("PASS").size(), 1u) << waited.text;
}

// It beats too seldom, is gone when it is needed, and comes back where it was thrown out.
TEST(Talkcheck, a_client_without_manners_is_found_out) {
  const PortBlock ports;
  std::vector<std::string> command = judge_talkchat(
      ports.base(), {"--only", "beats_fill", "--only", "drain", "--only", "pings", "--only", "dead", "--only", "kick"});
  const std::string send = std::string(programs() / "talkchat") + " --login " + at(ports.base()) +
                           " --user a --password b send --to talkcheck hello";
  for (std::string& word : command) {
    if (word.find(" --login ") != std::string::npos) word = "while true; do " + send + "; done";
  }
  const Outcome outcome = run(command);
  const Said said = said_in(outcome);
  EXPECT_THAT(said.of("PASS"), IsEmpty()) << said.text;
  EXPECT_EQ(outcome.exit_code, 1);
}

TEST(Talkcheck, a_wrong_command_line_is_one_line_and_exit_code_2) {
  using Arguments = std::vector<std::string>;
  for (const Arguments& arguments : {Arguments{},
                                     {"--bogus"},
                                     {"--login", "nowhere"},
                                     {"--link", "127.0.0.1:1"},
                                     {"--scale", "0"},
                                     {"--login", "127.0.0.1:1", "--user", "u"},
                                     {"--server", "127.0.0.1:1", "--idle-timeout", "soon"},
                                     {"--server", "127.0.0.1:1", "--only", "nothing_like_this"},
                                     {"--server", "127.0.0.1:1", "--users", "check"},
                                     {"client"},
                                     {"client", "--listen", "no port"},
                                     {"settings", "--scale", "x"}}) {
    std::vector<std::string> command{talkcheck()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Outcome outcome = run(command);
    const std::string shown = testing::PrintToString(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << shown;
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << shown << ": " << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("talkcheck: ")) << shown;
    EXPECT_EQ(outcome.out, "") << shown;
  }
}

TEST(Talkcheck, it_says_what_there_is) {
  const Outcome help = run({talkcheck(), "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("Examples:"), HasSubstr("--scale"), HasSubstr("Exit codes:")));
  const Outcome list = run({talkcheck(), "--list"});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.out, AllOf(HasSubstr("silent_pc_is_closed"), HasSubstr("client.idle_timeout"), HasSubstr("rule 2")));
  EXPECT_THAT(run({talkcheck(), "client", "--listen", "9", "--list"}).out, HasSubstr("kick_is_final"));
}

}  // namespace
}  // namespace talkbeat::scenario
