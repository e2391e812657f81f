#include "base/listener.h"

#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

class ListenerTest : public LoopTest {
 protected:
  void SetUp() override { ASSERT_TRUE(listener.start({"127.0.0.1", 0}).ok()); }
  void TearDown() override {
    for (const SocketHandle socket : accepted) transport.close(socket);
  }

  Peer connect() {
    const SocketAddress raw = listener.address().to_sockaddr();
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::connect(fd, raw.get(), raw.length), 0);
    return Peer(fd);
  }
  bool has_accepted(size_t count) {
    return turn_until([&] { return accepted.size() >= count; });
  }

  std::vector<SocketHandle> accepted;
  std::function<void()> on_accept = [] {};
  Listener listener{loop, {}, [this](SocketHandle socket, const Address& peer) {
                      EXPECT_EQ(peer.ip, "127.0.0.1");
                      accepted.push_back(socket);
                      on_accept();
                    }};
};

TEST_F(ListenerTest, accepts_on_a_port_of_the_systems_choice) {
  EXPECT_NE(listener.address().port, 0);
  const Peer peer = connect();
  EXPECT_TRUE(has_accepted(1));
  std::array<std::byte, 4> block{};
  EXPECT_EQ(transport.read(accepted[0], block).error, EAGAIN);  // it does not block
}

TEST_F(ListenerTest, a_taken_port_is_an_error_that_names_it) {
  Listener second(loop, {}, [](SocketHandle, const Address&) {});
  const Status status = second.start(listener.address());
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find(listener.address().to_string()), std::string::npos);
  EXPECT_NE(status.message().find("in use"), std::string::npos);
  EXPECT_FALSE(second.listening());
}

TEST_F(ListenerTest, without_descriptors_it_pauses_and_goes_on_by_itself) {
  transport.accepts_fail_with_emfile = true;
  const Peer peer = connect();
  EXPECT_TRUE(turn_until([&] { return transport.accepts == 1; }));
  run_for(10 * Listener::kPauseMs);
  EXPECT_LE(transport.accepts, 12);
  EXPECT_LE(transport.waits, 60);  // nothing spins
  transport.accepts_fail_with_emfile = false;
  run_for(Listener::kPauseMs);
  EXPECT_EQ(accepted.size(), 1U);
}

TEST_F(ListenerTest, a_connection_that_died_while_it_waited_does_not_stop_the_others) {
  transport.failing_accepts = {ECONNABORTED, EINTR, EPROTO};
  const Peer peer = connect();
  EXPECT_TRUE(turn_until([&] { return transport.accepts > 0; }));
  EXPECT_EQ(accepted.size(), 1U);
}

TEST_F(ListenerTest, a_reset_before_the_accept_leaves_the_listener_alive) {
  connect().reset();
  const Peer peer = connect();
  EXPECT_TRUE(has_accepted(1));
  connect();
  EXPECT_TRUE(has_accepted(2));
}

TEST_F(ListenerTest, a_storm_is_accepted_in_portions) {
  std::vector<Peer> peers;
  for (int i = 0; i < 100; ++i) peers.push_back(connect());
  turn();
  EXPECT_EQ(accepted.size(), 64U);
  turn();
  EXPECT_EQ(accepted.size(), 100U);
}

TEST_F(ListenerTest, stopping_inside_of_the_callback_is_safe_and_closes_the_port) {
  const Address address = listener.address();
  on_accept = [this] { listener.stop(); };
  const Peer one = connect();
  const Peer two = connect();
  EXPECT_TRUE(has_accepted(1));
  turn();
  EXPECT_EQ(accepted.size(), 1U);
  EXPECT_FALSE(listener.listening());
  EXPECT_TRUE(listener.start(address).ok());  // at once, although connections of before live on
}

TEST_F(ListenerTest, stopping_while_it_pauses_ends_the_pause) {
  transport.accepts_fail_with_emfile = true;
  const Peer peer = connect();
  EXPECT_TRUE(turn_until([&] { return transport.accepts == 1; }));
  listener.stop();
  run_for(2 * Listener::kPauseMs);
  EXPECT_EQ(transport.accepts, 1);
}

}  // namespace
}  // namespace talkbeat
