#include "base/connector.h"

#include "base/listener.h"
#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

class ConnectorTest : public LoopTest {
 protected:
  ConnectorTest() {
    EXPECT_TRUE(listener.start({"127.0.0.1", 0}).ok());
    options.backoff = {.first_ms = 500, .max_ms = 4'000};
  }
  ~ConnectorTest() override {
    for (const SocketHandle socket : sockets) transport.close(socket);
  }

  Connector make() {
    return {loop, rng, options, listener.address(), [this](SocketHandle socket) {
              sockets.push_back(socket);
              ++connected;
            }};
  }
  bool is_connected(int times) {
    return turn_until([&] { return connected >= times; });
  }

  SeededRng rng{1};
  Connector::Options options;
  std::vector<SocketHandle> sockets;
  int connected = 0;
  Listener listener{loop, {}, [this](SocketHandle socket, const Address&) { sockets.push_back(socket); }};
};

TEST_F(ConnectorTest, connects_at_once_and_hands_the_socket_over) {
  Connector connector = make();
  connector.start();
  connector.start();
  EXPECT_TRUE(is_connected(1));
  run_for(60'000);
  EXPECT_EQ(connected, 1);
  EXPECT_EQ(transport.connects, 1);
  EXPECT_EQ(connector.failures(), 0);
  connector.start();  // it is connected: nothing to do
  EXPECT_EQ(transport.connects, 1);
}

TEST_F(ConnectorTest, after_a_loss_it_waits_at_most_its_backoff_and_connects_again) {
  Connector connector = make();
  connector.start();
  for (int i = 1; i <= 6; ++i) {
    EXPECT_TRUE(is_connected(i));
    connector.lost();
    EXPECT_EQ(connector.failures(), i);
    const Tick ceiling = std::min<Tick>(4'000, 500 << (i - 1));
    run_for(ceiling + 1);
    EXPECT_EQ(transport.connects, i + 1);
  }
}

TEST_F(ConnectorTest, one_loss_is_counted_once) {
  Connector connector = make();
  connector.start();
  EXPECT_TRUE(is_connected(1));
  connector.lost();
  connector.lost();
  EXPECT_EQ(connector.failures(), 1);
}

TEST_F(ConnectorTest, a_refused_connect_is_tried_again_until_it_succeeds) {
  const Address address = listener.address();
  listener.stop();
  Connector connector(loop, rng, options, address, [this](SocketHandle socket) {
    sockets.push_back(socket);
    ++connected;
  });
  connector.start();
  run_for(20'000);
  EXPECT_EQ(connected, 0);
  EXPECT_GE(connector.failures(), 5);
  ASSERT_TRUE(listener.start(address).ok());
  run_for(4'001);
  EXPECT_TRUE(is_connected(1));
}

TEST_F(ConnectorTest, a_socket_that_cannot_be_made_is_tried_again) {
  transport.failing_connects = {EMFILE, EMFILE};
  Connector connector = make();
  connector.start();
  EXPECT_EQ(connector.failures(), 1);
  run_for(2'000);
  EXPECT_TRUE(is_connected(1));
  EXPECT_EQ(transport.connects, 3);
}

TEST_F(ConnectorTest, a_connect_that_does_not_finish_is_given_up) {
  transport.connects_never_finish = true;
  Connector connector = make();
  connector.start();
  run_for(options.connect_timeout_ms - 1);
  EXPECT_EQ(connector.failures(), 0);
  run_for(1);
  EXPECT_EQ(connector.failures(), 1);
  transport.connects_never_finish = false;
  run_for(501);
  EXPECT_TRUE(is_connected(1));
}

TEST_F(ConnectorTest, only_a_proven_connection_that_holds_resets_the_backoff) {
  Connector connector = make();
  connector.start();
  EXPECT_TRUE(is_connected(1));
  connector.lost();
  run_for(501);
  EXPECT_TRUE(is_connected(2));
  run_for(60'000);  // connected, never authenticated
  EXPECT_EQ(connector.failures(), 1);
  connector.proven();
  run_for(options.proven_after_ms - 1);
  connector.lost();  // it has not held
  EXPECT_EQ(connector.failures(), 2);
  run_for(1'001);
  EXPECT_TRUE(is_connected(3));
  connector.proven();
  run_for(options.proven_after_ms);
  EXPECT_EQ(connector.failures(), 0);
}

TEST_F(ConnectorTest, stopping_ends_everything_and_a_later_loss_changes_nothing) {
  Connector connector = make();
  connector.start();
  connector.stop();
  run_for(10'000);
  EXPECT_EQ(connected, 0);
  connector.start();
  EXPECT_TRUE(is_connected(1));
  connector.stop();
  connector.lost();
  run_for(10'000);
  EXPECT_EQ(transport.connects, 2);
  connector.start();
  EXPECT_TRUE(is_connected(2));
  connector.lost();
  connector.stop();  // while it waits
  run_for(10'000);
  EXPECT_EQ(connected, 2);
}

TEST_F(ConnectorTest, a_loss_inside_of_the_callback_is_safe) {
  Connector* self = nullptr;
  Connector connector(loop, rng, options, listener.address(), [&](SocketHandle socket) {
    sockets.push_back(socket);
    if (++connected == 1) self->lost();
  });
  self = &connector;
  connector.start();
  run_for(1'000);
  EXPECT_EQ(connected, 2);
}

}  // namespace
}  // namespace talkbeat
