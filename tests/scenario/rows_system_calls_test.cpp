// C5: system calls that fail as they may. (Short reads and writes are made at the transport's seam, in
// tests/unit/connection_test.cpp: from outside one cannot shorten a call without losing what it took.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenario/figures.h"
#include "tests/scenario/load.h"
#include "tests/scenario/raw_socket.h"
#include "tests/scenario/sockets.h"
#include "tests/scenario/tracer.h"

namespace talkbeat::scenario {
namespace {

using testing::IsEmpty;

// Clients that wait for a server in strace's hands.
const std::vector<std::string> kUnhurried{"client.idle_timeout=10m", "client.min_ping_interval=0"};

// Those of the transport and the store, each often enough that everything meets it.
const std::vector<std::string> kInterruptions{
    "read:error=EINTR:when=2+5",    "sendto:error=EAGAIN:when=2+5",     "sendmsg:error=EINTR:when=2+5",
    "accept4:error=EINTR:when=1+2", "epoll_wait:error=EINTR:when=5+11", "pwrite64:error=EINTR:when=7+13",
};

TEST(C5, calls_that_are_interrupted_or_would_block_lose_no_byte_and_no_connection) {
  Cluster cluster(one_msg_server(kUnhurried));
  Load load(cluster, {.pairs = 3, .msg_servers = 1});
  load.await_acks(20);
  const Closings closings(cluster, kServer);
  const Tracer tracer(cluster.pid(kServer), kInterruptions);
  load.await_acks(300);
  for (int i = 0; i < 5; ++i) {
    WireClient alice(cluster.client_port(kServer));
    alice.log_in("alice");
    leave(alice);
  }
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_EQ(load.receivers_lost(), 0u);
  EXPECT_GT(tracer.injected(), 100u);
  EXPECT_THAT(closings.so_far(), testing::ElementsAre(testing::Pair("logged_out", 5)));
}

TEST(C5, without_memory_for_the_kernel_connections_may_end_and_no_acked_message_does) {
  Cluster cluster(one_msg_server(kUnhurried));
  Load load(cluster, {.pairs = 3, .msg_servers = 1});
  load.await_acks(20);
  const pid_t pid = cluster.pid(kServer);
  {
    const Tracer tracer(pid, {"accept4:error=ENOMEM:when=1+2", "sendmsg:error=ENOMEM:when=40+80",
                              "sendto:error=ENOBUFS:when=40+80", "read:error=ENOMEM:when=50+100"});
    load.await_acks(200);
    EXPECT_GT(tracer.injected(), 5u);
  }
  // Its questions at the end need connections that last.
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_EQ(cluster.pid(kServer), pid);
}

// All that it is asked, as where fs.epoll.max_user_watches is reached.
TEST(C5, a_connection_that_epoll_does_not_take_is_closed_and_all_others_are_served) {
  Cluster cluster(one_msg_server(kUnhurried));
  Load load(cluster, {.pairs = 3, .msg_servers = 1});
  load.await_acks(20);
  const pid_t pid = cluster.pid(kServer);
  const Closings closings(cluster, kServer);
  {
    const Tracer tracer(pid, {"epoll_ctl:error=ENOSPC"});
    for (int i = 0; i < 3; ++i) {
      RawSocket newcomer(cluster.client_port(kServer));
      std::string bytes;
      EXPECT_EQ(newcomer.read(bytes, Deadline(kPatience)), RawSocket::Event::kClosed);
    }
    load.await_acks(50);
  }
  EXPECT_EQ(closings.so_far("io_error"), 3u);
  EXPECT_THAT(cluster.log_of(kServer), testing::HasSubstr("watch_refused error=\"No space left on device\""));
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  EXPECT_THAT(load.finish(), IsEmpty());
  EXPECT_EQ(cluster.pid(kServer), pid);
}

}  // namespace
}  // namespace talkbeat::scenario
