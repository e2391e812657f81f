// What comes by the hundred thousand a second costs no allocation: heartbeats, and commands from client to client.
#include <poll.h>

#include "tests/bench/allocations.h"
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using IM::SwitchService::IMP2PCmdMsg;

class SteadyStateTest : public MsgServerTest {
 protected:
  SteadyStateTest() {
    config.client.liveness.min_ping_interval_ms = 0;
    liveness.settings_changed(config.client);
  }

  /// How many allocations the server makes for what waits in its sockets.
  uint64_t cost_of_serving() {
    const uint64_t before = bench::allocations();
    for (int i = 0; i < 3; ++i) turn();
    return bench::allocations() - before;
  }
  /// The same for a PDU that is sent again and again, when the first ones have warmed everything up.
  template <class M>
  uint64_t cost_of(TestClient& from, TestClient& to, const M& message) {
    uint64_t cost = 0;
    for (size_t i = 1; i <= 20; ++i) {
      from.send(message);
      cost = 0;
      for (int tries = 0; tries < 2'000 && to.waiting<M>() < i; ++tries) {
        cost += cost_of_serving();
        ::poll(nullptr, 0, tries < 10 ? 0 : 1);  // Nagle's algorithm, in the test's own socket
        to.receive();
      }
      EXPECT_EQ(to.waiting<M>(), i);
    }
    return cost;
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
};

TEST_F(SteadyStateTest, a_heartbeat_costs_no_allocation) {
  const auto client = log_in("alice");
  EXPECT_EQ(cost_of(*client, *client, IMHeartBeat()), 0u);
}

TEST_F(SteadyStateTest, a_command_to_somebody_here_costs_no_allocation) {
  const auto client = log_in("alice");
  const auto peer = log_in("bob");
  IMP2PCmdMsg command;
  command.set_from_user_id(0);
  command.set_to_user_id(bob);
  command.set_cmd_msg_data(std::string(100, 't'));
  EXPECT_EQ(cost_of(*client, *peer, command), 0u);
}

TEST_F(SteadyStateTest, a_command_from_another_server_costs_no_allocation) {
  const auto peer = log_in("bob");
  const std::string pdu(100, 'p');
  uint64_t cost = 0;
  for (int i = 0; i < 20; ++i) {
    const uint64_t before = bench::allocations();
    delivery.relayed_to(std::array{bob}, bytes_of(pdu), std::nullopt);
    cost = bench::allocations() - before + cost_of_serving();
  }
  EXPECT_EQ(cost, 0u);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
