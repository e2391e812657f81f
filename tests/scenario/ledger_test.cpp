// The ledger: every message that the msg_servers have taken is accounted for. (Every other scenario looks at its end
// whether a server has logged that its ledger does not balance: Cluster's destructor.)
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/scenario/figures.h"
#include "tests/scenario/load.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

json balanced_ledger(const Cluster& cluster) {
  const Outcome outcome = cluster.talkctl({"ledger", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  return json::parse(outcome.out, nullptr, false);
}

ClusterOptions quick_links() {
  ClusterOptions options;
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=200ms", "server.ledger_interval=100ms"};
  return options;
}

TEST(Ledger, balances_under_load_and_when_a_msg_server_was_killed) {
  Cluster cluster(quick_links());
  Load load(cluster, {.pairs = 6});
  load.await_acks(200);
  balanced_ledger(cluster);

  cluster.kill9("msg_server_0");
  const Outcome alone = cluster.talkctl({"ledger"});
  EXPECT_EQ(alone.exit_code, 1) << "one has not answered";
  EXPECT_THAT(alone.err, HasSubstr("msg_server_0 does not answer"));
  load.await_acks(150);
  cluster.start();
  load.await_acks(150);
  EXPECT_THAT(load.finish(), IsEmpty());

  const json ledger = balanced_ledger(cluster);
  EXPECT_EQ(ledger["not_in_store"], 0);
  const json& all = ledger["all"]["entries"];
  for (const char* entry : {"accepted", "stored", "acked", "relayed", "relays_in", "brought", "delivered"}) {
    EXPECT_GT(all[entry].get<uint64_t>(), 0u) << entry;
  }
  for (const char* server : {"msg_server_0", "msg_server_1"}) {
    EXPECT_EQ(figure(cluster, server, "talkbeat_ledger_unbalanced"), 0) << server;
  }
}

TEST(Ledger, is_a_table_for_people) {
  Cluster cluster;
  WireClient alice(cluster.client_port("msg_server_0"));
  WireClient bob(cluster.client_port("msg_server_1"));
  alice.log_in("alice");
  bob.log_in("bob");
  alice.send(text_to(alice, bob.user_id(), "hello"));
  bob.expect<IM::Message::IMMsgData>();
  alice.expect<IM::Message::IMMsgDataAck>();
  const Outcome outcome = cluster.talkctl({"ledger"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("ENTRY           msg_server_0  msg_server_1  ALL\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nstored                     1             0    1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nrelays_in                  0             1    1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("offered + ordered = refused + accepted\n"));
  EXPECT_THAT(outcome.out, testing::EndsWith("\nbalanced\n"));
}

}  // namespace
}  // namespace talkbeat::scenario
