// Very many connections: limits, floods, and no descriptors left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/scenario/control.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char* kServer = "msg_server_0";

void await_connections(const Cluster& cluster, size_t count) {
  wait_until(std::to_string(count) + " connections",
             [&] { return figure(cluster, kServer, "talkbeat_client_connections") == static_cast<double>(count); });
}

/// A connection from an address of our choice: all of 127.0.0.0/8 is this machine.
class ConnectionFrom {
 public:
  ConnectionFrom(const char* own_ip, uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own = address(own_ip, 0);
    sockaddr_in server = address("127.0.0.1", port);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
        connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
      close(fd_);
      throw Unexpected(std::string("cannot connect from ") + own_ip);
    }
  }
  ~ConnectionFrom() { close(fd_); }
  ConnectionFrom(const ConnectionFrom&) = delete;
  ConnectionFrom& operator=(const ConnectionFrom&) = delete;

  /// What the server says until it closes; it must.
  std::string rest() {
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string all;
    char buffer[4096];
    ssize_t count = 0;
    while ((count = recv(fd_, buffer, sizeof buffer, 0)) > 0) all.append(buffer, static_cast<size_t>(count));
    return count == 0 ? all : "not closed";
  }

 private:
  static sockaddr_in address(const char* ip, uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    inet_pton(AF_INET, ip, &result.sin_addr);
    return result;
  }

  int fd_;
};

TEST(Connections, exactly_as_many_as_allowed_are_served_and_the_rest_is_told_so) {
  Cluster cluster(with_control({"client.max_connections=50", "client.max_connections_per_address=20"}));
  Control control(cluster, kServer);  // takes two of the places, from 127.0.0.1
  const Closings closings(cluster, kServer);
  struct Crowd {
    const char* ip;
    size_t refused;
  };
  std::vector<std::unique_ptr<ConnectionFrom>> all;
  size_t refused = 0;
  for (const Crowd& crowd : {Crowd{"127.0.0.2", 5}, Crowd{"127.0.0.3", 5}, Crowd{"127.0.0.4", 17}}) {
    for (int i = 0; i < 25; ++i) {
      all.push_back(std::make_unique<ConnectionFrom>(crowd.ip, cluster.client_port(kServer)));
    }
    closings.await("too_many_connections", refused += crowd.refused);
    const std::string answer = all.back()->rest();
    IM::Login::IMLoginRes told;
    ASSERT_GT(answer.size(), kPduHeaderSize);
    ASSERT_TRUE(told.ParseFromString(answer.substr(kPduHeaderSize)));
    EXPECT_EQ(told.result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  }
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("too_many_connections", 27)));
  await_connections(cluster, 50);
  all.clear();
  await_connections(cluster, 2);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  EXPECT_EQ(closings.so_far("too_many_connections"), 27u);
  control.expect_unharmed();
}

TEST(Connections, floods_of_resets_and_half_closed_ones_harm_nobody) {
  Cluster cluster(with_control({}));
  Control control(cluster, kServer);
  const Closings closings(cluster, kServer);
  for (int i = 0; i < 300; ++i) {
    RawSocket socket(cluster.client_port(kServer));
    if (i % 3 == 1) socket.write(std::string(7, '\0'), Deadline(kPatience));
    if (i % 3 == 2) socket.write(encode(IM::Other::IMHeartBeat(), 1), Deadline(kPatience));
    socket.reset();
  }
  await_connections(cluster, 2);
  EXPECT_EQ(closings.so_far("peer_reset"), 300u);

  // Who says no more, but still listens, gets its answers.
  for (int i = 0; i < 20; ++i) {
    WireClient alice(cluster.client_port(kServer));
    alice.log_in("alice");
    std::string bytes;
    for (uint16_t seq = 100; seq < 200; ++seq) bytes += encode(IM::Message::IMClientTimeReq(), seq);
    alice.send_raw(bytes);
    alice.socket().finish_writing();
    alice.expect_close();
    EXPECT_EQ(alice.waiting<IM::Message::IMClientTimeRsp>(), 100u);
  }
  await_connections(cluster, 2);
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("peer_closed", 20), Pair("peer_reset", 300)));
  control.expect_unharmed();
}

TEST(Connections, memory_and_descriptors_return_to_where_they_were_after_many_quick_ones) {
  Cluster cluster(with_control({}));
  Control control(cluster, kServer);
  const auto connect_quickly = [&](int count) {
    for (int i = 0; i < count; ++i) {
      RawSocket socket(cluster.client_port(kServer));
      if (i % 2 == 0) socket.write(encode(IM::Other::IMHeartBeat(), 1), Deadline(kPatience));
    }
    await_connections(cluster, 2);
  };
  connect_quickly(1'000);  // what a first flood needs is kept for the next one
  const size_t descriptors = cluster.descriptors(kServer);
  const long memory = cluster.memory_kib(kServer);
  connect_quickly(2'000);
  // A connection that we closed lingers for a moment.
  wait_until("descriptors are back", [&] { return cluster.descriptors(kServer) <= descriptors + 3; });
  EXPECT_NEAR(figure(cluster, kServer, "process_open_fds"), static_cast<double>(descriptors), 4);
  EXPECT_LT(cluster.memory_kib(kServer), memory + (32 << 10));
  control.expect_unharmed();
}

// In seconds, user and system.
double cpu_time(pid_t pid) {
  const std::string text = contents("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream fields(text.substr(text.rfind(") ") + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void limit_descriptors(pid_t pid, rlim_t count) {
  rlimit limit{};
  prlimit(pid, RLIMIT_NOFILE, nullptr, &limit);
  limit.rlim_cur = count;
  ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, &limit, nullptr), 0);
}

TEST(Connections, at_the_descriptor_limit_accepting_pauses_without_spinning_and_recovers) {
  Cluster cluster(with_control({}));
  Control control(cluster, kServer);
  {
    // UBSan needs descriptors to judge a type that it sees for the first time, and takes it for a wrong one where there
    // are none left: all that will happen at the limit happens once before.
    WireClient alice(cluster.client_port(kServer));
    alice.log_in("alice");
    alice.send(IM::Login::IMLogoutReq());
    alice.expect_close();
    RawSocket stranger(cluster.client_port(kServer));
  }
  await_connections(cluster, 2);
  const pid_t pid = cluster.pid(kServer);
  limit_descriptors(pid, cluster.descriptors(kServer) + 20);
  {
    std::vector<std::unique_ptr<RawSocket>> crowd;
    for (int i = 0; i < 60; ++i) crowd.push_back(std::make_unique<RawSocket>(cluster.client_port(kServer)));
    wait_until("accepting has paused",
               [&] { return cluster.log_of(kServer).find("accept_paused") != std::string::npos; });
    control.expect_unharmed();
    const double before = cpu_time(pid);
    std::this_thread::sleep_for(2s);  // a spinning loop would use all of it
    EXPECT_LT(cpu_time(pid) - before, 0.5);
  }
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  limit_descriptors(pid, 10'000);
  await_connections(cluster, 3);
}

}  // namespace
}  // namespace talkbeat::scenario
