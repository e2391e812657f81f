// N3: one packet in ten is lost. Nothing else may be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/load.h"
#include "tests/scenario/network.h"

namespace talkbeat::scenario {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

constexpr int kPercent = 10;
// Long enough for links to be given up and made anew (cluster.silence_timeout is 3 s below), several times.
const milliseconds kLossyFor = in_full<milliseconds>(12s, 60s);

TEST(N3, no_message_is_lost_or_doubled_while_every_link_loses_packets) {
  Network network;
  ClusterOptions options;
  options.settings = {"cluster.heartbeat_interval=500ms", "cluster.silence_timeout=3s", "cluster.reconnect_first=50ms",
                      "cluster.reconnect_max=500ms",      "cluster.connect_timeout=2s", "tcp.client_user_timeout=5s",
                      "tcp.server_user_timeout=3s"};
  Cluster cluster(options);
  Load load(cluster, {.pairs = 6});
  load.await_acks(100);
  network.lose(kPercent);
  const size_t before = load.acked();
  std::this_thread::sleep_for(kLossyFor);
  load.await_acks(1);
  EXPECT_GT(load.acked() - before, 100u);
  network.heal();
  load.await_acks(100);
  EXPECT_THAT(load.finish(), IsEmpty());
  wait_until("both servers are registered", [&] { return registered_servers(cluster) == 2; });
}

TEST(N3, talkchat_gets_each_message_once_and_in_order) {
  constexpr int kCount = 60;
  Network network;
  RemoteHost far(network);
  Cluster cluster;
  const auto talkchat = [&](const std::string& server, const std::string& user) {
    return (programs() / "talkchat").string() + " --server " + far.home() + ":" +
           std::to_string(cluster.client_port(server)) + " --user " + user + " --password " + std::string(kPassword);
  };
  const auto start_far = [&](const std::string& command) {
    return far.inside([&] { return Program({"bash", "-c", command}); });
  };
  far.lose(kPercent);
  Program bob = start_far("exec " + talkchat("msg_server_1", "bob") + " --json recv --timeout 80s --count " +
                          std::to_string(kCount));
  Program alice =
      start_far("for ((k = 1; k <= " + std::to_string(kCount) + "; k++)); do echo line $k; sleep 0.1; done |" +
                talkchat("msg_server_0", "alice") + " --to bob");
  const Outcome said = alice.wait();
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  const Outcome heard = bob.wait();
  EXPECT_EQ(heard.exit_code, 0) << heard.out << heard.err;
  std::vector<std::string> texts;
  for (const std::string& line : lines_of(heard.out)) {
    const size_t at = line.find("\"line ");
    ASSERT_NE(at, std::string::npos) << line;
    texts.push_back(line.substr(at + 1, line.find('"', at + 1) - at - 1));
  }
  std::vector<std::string> expected;
  for (int k = 1; k <= kCount; ++k) expected.push_back("line " + std::to_string(k));
  EXPECT_THAT(texts, ElementsAreArray(expected));
}

}  // namespace
}  // namespace talkbeat::scenario
