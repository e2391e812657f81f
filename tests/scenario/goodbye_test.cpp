// Every close has a reason: the client is told, the log and the metric say the same, and talkctl why tells the story.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/scenario/control.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using Json = nlohmann::json;

// Waits for the close; what the server said last must be why.
GoAwayReason goodbye(WireClient& client) {
  client.expect_close();
  if (client.inbox().empty()) throw Unexpected("closed without a word");
  const Pdu& last = client.inbox().back();
  TbGoAway notice;
  if (last.header.command_id != kCommandOf<TbGoAway> || !notice.ParseFromString(last.body)) {
    throw Unexpected("the last words were " + shown(last));
  }
  EXPECT_NE(notice.text(), "");
  return notice.reason();
}

TEST(Goodbye, who_is_closed_is_told_why_and_the_metric_says_the_same) {
  ClusterOptions options = with_control({"client.handshake_timeout=2s", "client.idle_timeout=4s",
                                         "client.pdu_timeout=1s", "client.min_ping_interval=1s"});
  Cluster cluster(options);
  const Closings closings(cluster, kServer);
  const uint16_t port = cluster.client_port(kServer);

  WireClient silent(port);
  silent.log_in("alice");
  WireClient stranger(port);
  WireClient dripping(port);
  dripping.send_raw(std::string_view("\0\0\0\x20", 4));
  WireClient broken(port);
  broken.send_raw(std::string(16, '\0'));
  EXPECT_EQ(goodbye(broken), GO_AWAY_PROTOCOL_ERROR);
  WireClient confused(port);
  for (int i = 0; i < 3; ++i) confused.send_raw(encode(kCommandOf<IM::Login::IMLoginReq>, 1, "no login"));
  EXPECT_EQ(goodbye(confused), GO_AWAY_MALFORMED);
  WireClient hasty(port);
  hasty.log_in("bob");
  for (int i = 0; i < 4; ++i) hasty.send(IM::Other::IMHeartBeat());
  EXPECT_EQ(goodbye(hasty), GO_AWAY_TOO_MANY_PINGS);
  EXPECT_EQ(goodbye(dripping), GO_AWAY_PDU_TIMEOUT);
  EXPECT_EQ(goodbye(stranger), GO_AWAY_HANDSHAKE_TIMEOUT);
  EXPECT_EQ(goodbye(silent), GO_AWAY_SILENT);
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("handshake_timeout", 1), Pair("malformed", 1), Pair("pdu_timeout", 1),
                                             Pair("protocol_error", 1), Pair("silent", 1), Pair("too_many_pings", 1)));
}

TEST(Goodbye, what_an_answer_has_explained_already_is_not_told_again) {
  Cluster cluster(with_control());
  const uint16_t port = cluster.client_port(kServer);
  WireClient wrong(port);
  EXPECT_NE(wrong.try_log_in("alice", "wrong").result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  wrong.expect_close();
  EXPECT_TRUE(wrong.inbox().empty());
  WireClient alice(port);
  alice.log_in("alice");
  alice.ask<IM::Login::IMLogoutRsp>(IM::Login::IMLogoutReq());
  alice.expect_close();
  EXPECT_TRUE(alice.inbox().empty());
  WireClient first(port);
  first.log_in("alice");
  WireClient second(port);
  second.log_in("alice");
  first.expect<IM::Login::IMKickUser>();
  first.expect_close();
  EXPECT_EQ(first.waiting<TbGoAway>(), 0u);
}

void replace_setting(const Cluster& cluster, const std::string& from, const std::string& to) {
  const auto path = cluster.directory() / "conf/msg_server.toml";
  std::string text = contents(path);
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  std::ofstream(path) << text.replace(at, from.size(), to);
}

TEST(Goodbye, a_timeout_that_is_changed_at_sighup_counts_for_those_who_are_there) {
  Cluster cluster(with_control());
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  replace_setting(cluster, "idle_timeout = \"1m\"", "idle_timeout = \"2s\"");
  replace_setting(cluster, "silence_timeout = \"30s\"", "silence_timeout = \"31s\"");
  cluster.signal(kServer, SIGHUP);
  EXPECT_EQ(goodbye(alice), GO_AWAY_SILENT);
  EXPECT_THAT(cluster.log_of(kServer), HasSubstr("setting_changed key=cluster.silence_timeout"));

  // Two settings that contradict each other: nothing of it counts, and the line says why.
  replace_setting(cluster, "probe_after = \"0\"", "probe_after = \"1h\"");
  cluster.signal(kServer, SIGHUP);
  wait_until("the reload failed", [&] { return cluster.log_of(kServer).find("reload_failed") != std::string::npos; });
  EXPECT_THAT(cluster.log_of(kServer), HasSubstr("must be smaller than an idle timeout"));
}

TEST(Why, tells_the_operator_what_has_happened) {
  ClusterOptions options = with_control({"client.idle_timeout=3s", "client.min_ping_interval=200ms"});
  options.msg_servers = 2;
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  const uint16_t seq = alice.send(IM::Other::IMHeartBeat());
  alice.expect<IM::Other::IMHeartBeat>(seq);
  EXPECT_EQ(goodbye(alice), GO_AWAY_SILENT);
  WireClient back(cluster.client_port(kServer));
  back.log_in("alice");

  const Outcome story = cluster.talkctl({"why", "alice"});
  EXPECT_EQ(story.exit_code, 0);
  EXPECT_THAT(story.out, AllOf(HasSubstr("open since"), HasSubstr("msg_server_0"), HasSubstr("  silent  after 3."),
                               HasSubstr("logged in, "), HasSubstr("a heartbeat received"),
                               HasSubstr("means: nothing was received"), HasSubstr("do:    ")));
  const Json report = Json::parse(cluster.talkctl({"--json", "why", "127.0.0.1", "--limit", "100"}).out);
  EXPECT_EQ(report["missing"].size(), 0u);
  const auto closed_for_silence = [](const Json& entry) {
    return entry["reason"] == "silent" && entry["who"] == "alice";
  };
  EXPECT_EQ(std::ranges::count_if(report["closed"], closed_for_silence), 1);
  EXPECT_THAT(cluster.talkctl({"why", "nobody"}).out, HasSubstr("nothing on record of nobody"));
  EXPECT_THAT(cluster.talkctl({"why", "msg_server_0"}).out, HasSubstr("open since"));

  // A server that is gone is named, and what the others know is told all the same.
  cluster.kill9("msg_server_1");
  const Outcome part = cluster.talkctl({"why", "alice"});
  EXPECT_EQ(part.exit_code, 1);
  EXPECT_THAT(part.out, HasSubstr("open since"));
  EXPECT_EQ(cluster.talkctl({"why"}).exit_code, 2);
}

}  // namespace
}  // namespace talkbeat::scenario
