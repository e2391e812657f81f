#include "tests/sim/sim_network.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace talkbeat::sim {
namespace {

constexpr uint16_t kPort = 80;

class SimNetworkTest : public testing::Test {
 protected:
  SimNetworkTest() {
    client_host = network.add_host("10.0.0.1");
    server_host = network.add_host("10.0.0.2");
    listener = network.listen(server_host, {"0.0.0.0", kPort}, {});
  }
  void connect() {
    client = network.connect(client_host, {"10.0.0.2", kPort}, {.user_timeout_ms = 60'000});
    pass(100);
    server = network.accept(listener);
    ASSERT_NE(server, kNoSocketId);
  }
  void pass(Tick ms) { scheduler.run_until(scheduler.now() + ms); }
  IoResult write(SocketId from, std::string text) {
    const iovec piece{text.data(), text.size()};
    return network.write(from, std::span(&piece, 1));
  }
  std::string read(SocketId at) {
    std::string text;
    std::array<std::byte, 4096> block{};
    while (true) {
      const IoResult result = network.read(at, block);
      error = result.error;
      if (result.error != 0 || result.bytes == 0) return text;
      text.append(reinterpret_cast<const char*>(block.data()), result.bytes);
    }
  }

  Scheduler scheduler;
  Trace trace{scheduler, nullptr};
  Tally tally;
  SimNetwork network{scheduler, SimRng(1), trace, tally};
  HostId client_host = 0;
  HostId server_host = 0;
  SocketId listener = kNoSocketId;
  SocketId client = kNoSocketId;
  SocketId server = kNoSocketId;
  int error = 0;
};

TEST_F(SimNetworkTest, bytes_arrive_in_order_however_they_are_cut) {
  network.manners() = {.jitter = 50, .short_reads = 0.5, .short_writes = 0.5, .split = 0.5};
  connect();
  std::string sent;
  std::string got;
  while (sent.size() < 10'000) {
    std::string text = std::to_string(sent.size()) + ",";
    text.resize(write(client, text).bytes);
    sent += text;
    pass(3);
    got += read(server);
  }
  pass(1'000);
  got += read(server);
  EXPECT_EQ(got, sent);
  EXPECT_EQ(error, EAGAIN);
}

TEST_F(SimNetworkTest, a_full_window_takes_no_more_until_it_is_read) {
  network.manners().window = 100;
  connect();
  EXPECT_EQ(write(client, std::string(150, 'x')).bytes, 100u);
  EXPECT_EQ(write(client, "more").error, EAGAIN);
  EXPECT_FALSE(network.writable(client));
  pass(100);
  EXPECT_EQ(read(server).size(), 100u);
  EXPECT_TRUE(network.writable(client));
}

TEST_F(SimNetworkTest, what_a_cut_holds_comes_after_it_is_healed) {
  connect();
  network.cut(client_host, server_host);
  write(client, "hello");
  pass(30'000);
  EXPECT_EQ(read(server), "");
  network.heal(client_host, server_host);
  pass(10'000);
  EXPECT_EQ(read(server), "hello");
}

TEST_F(SimNetworkTest, a_sender_gives_up_at_its_user_timeout_and_the_other_end_learns_it_by_a_reset) {
  connect();
  network.cut(client_host, server_host);
  write(client, "hello");
  pass(61'000);
  read(client);
  EXPECT_EQ(error, ETIMEDOUT);
  network.heal(client_host, server_host);
  EXPECT_EQ(read(server), "");
  write(server, "are you there?");
  pass(1'000);
  read(server);
  EXPECT_EQ(error, ECONNRESET);
}

TEST_F(SimNetworkTest, a_killed_process_says_so_and_a_vanished_host_does_not) {
  connect();
  network.end_process(server_host, SimNetwork::Ending::kVanished);
  pass(10'000);
  EXPECT_FALSE(network.readable(client));
  write(client, "hello");
  network.power_on(server_host);
  pass(10'000);
  read(client);
  EXPECT_EQ(error, ECONNRESET);

  listener = network.listen(server_host, {"0.0.0.0", kPort}, {});
  connect();
  network.end_process(server_host, SimNetwork::Ending::kKilled);
  pass(100);
  EXPECT_EQ(read(client), "");
  EXPECT_EQ(error, 0) << "the stream has ended";
}

TEST_F(SimNetworkTest, nobody_listening_refuses) {
  client = network.connect(client_host, {"10.0.0.2", 81}, {});
  pass(100);
  EXPECT_TRUE(network.writable(client));
  EXPECT_EQ(network.at(client).error, ECONNREFUSED);
}

}  // namespace
}  // namespace talkbeat::sim
