#include "base/epoll_transport.h"

#include <fcntl.h>
#include <poll.h>

#include <chrono>

#include "tests/unit/connection_fixture.h"

namespace talkbeat {
namespace {

/// What epoll never takes, as it does not take a socket for which the kernel has no memory.
SocketHandle unwatchable() {
  const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  EXPECT_GE(fd, 0);
  return fd;
}

class RefusedWatch : public testing::Test {
 protected:
  RefusedWatch() { transport.watch(socket, Interest::kRead, 7); }
  ~RefusedWatch() override { transport.close(socket); }

  EpollTransport transport;
  SocketHandle socket = unwatchable();
  std::vector<Readiness> ready;
};

TEST_F(RefusedWatch, is_told_once_as_a_socket_that_is_ready_and_broken) {
  transport.wait(-1, ready);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].token, 7u);
  EXPECT_TRUE(ready[0].readable && ready[0].writable);
  std::array<std::byte, 4> block{};
  EXPECT_EQ(transport.read(socket, block).error, EPERM);
  EXPECT_EQ(transport.accept(socket, {}).error, EPERM);
  EXPECT_EQ(transport.connect_error(socket), EPERM);
  transport.wait(0, ready);
  EXPECT_TRUE(ready.empty()) << "the loop would spin";
  transport.unwatch(socket);
}

TEST_F(RefusedWatch, may_be_changed_and_taken_back_and_forgotten) {
  transport.change_watch(socket, Interest::kNone, 8);
  transport.wait(0, ready);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].token, 8u);
  transport.unwatch(socket);
  std::array<std::byte, 4> block{};
  EXPECT_EQ(transport.read(socket, block).error, 0);
  transport.wait(0, ready);
  EXPECT_TRUE(ready.empty());
}

TEST_F(RefusedWatch, does_not_keep_others_from_being_served) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  transport.watch(ends[0], Interest::kRead, 9);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  transport.wait(-1, ready);
  ASSERT_EQ(ready.size(), 2u);
  EXPECT_EQ(ready[1].token, 9u);
  transport.unwatch(ends[0]);
  transport.unwatch(socket);
  for (const int end : ends) ::close(end);
}

TEST_F(ConnectionTest, a_socket_that_the_kernel_cannot_watch_costs_that_connection_only) {
  Pair pair = connect_pair();
  Connection& healthy = open(pair);
  table.adopt(unwatchable(), {"127.0.0.1", 2}, protocol);
  EXPECT_TRUE(turn_until([this] { return table.size() == 1; }));
  EXPECT_EQ(observed, Reasons{"io_error"});
  healthy.send(bytes_of("hello"));
  EXPECT_TRUE(has_all(pair.peer, "hello"));
}

// What waits in a listener's queue has come, too, though nobody has accepted its connection.
TEST(EpollTransport, tells_for_how_long_what_came_last_has_been_there) {
  EpollTransport transport;
  const SocketHandle listener = transport.listen({"127.0.0.1", 0}, {}).value();
  const SocketHandle client = transport.connect(transport.local_address(listener), {}).value();
  const auto send = [&] {
    std::byte byte{};
    const iovec piece{&byte, 1};
    return transport.write(client, std::span(&piece, 1)).bytes == 1;
  };
  while (!send()) ::poll(nullptr, 0, 1);
  ::poll(nullptr, 0, 100);
  const SocketHandle server = transport.accept(listener, {}).socket;
  ASSERT_NE(server, kNoSocket);
  EXPECT_GE(transport.since_arrival(server), 90);
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(send());
  const Tick since = transport.since_arrival(server);
  EXPECT_LE(since, (std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds(1) + 10);
  for (const SocketHandle socket : {client, server, listener}) transport.close(socket);
}

}  // namespace
}  // namespace talkbeat
