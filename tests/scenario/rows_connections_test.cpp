// C1 to C4: very many connections: limits, floods, and no descriptors left. (C5 is in rows_system_calls_test.cpp.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <span>

#include "tests/scenario/full.h"
#include "tests/scenario/oracle.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

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

// The clear answer, and nothing else before the end.
void expect_told_that_it_is_full(ConnectionFrom& refused) {
  const std::string answer = refused.rest();
  ASSERT_GT(answer.size(), kPduHeaderSize);
  const PduHeader header = decode_header(std::as_bytes(std::span(answer)));
  EXPECT_EQ(header.command_id, kCommandOf<IM::Login::IMLoginRes>);
  EXPECT_EQ(header.length, answer.size());
  IM::Login::IMLoginRes told;
  ASSERT_TRUE(told.ParseFromString(answer.substr(kPduHeaderSize)));
  EXPECT_EQ(told.result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  EXPECT_FALSE(told.result_string().empty());
}

TEST(C2, exactly_as_many_as_allowed_are_served_and_the_rest_is_told_so) {
  constexpr size_t kPlaces = 100;
  constexpr size_t kForOneAddress = 40;
  RowCluster cluster({"client.max_connections=" + std::to_string(kPlaces),
                      "client.max_connections_per_address=" + std::to_string(kForOneAddress)});
  Oracle oracle(cluster);  // takes two of the places, from 127.0.0.1
  struct Crowd {
    const char* ip;
    size_t coming;
    size_t refused;
  };
  std::vector<std::unique_ptr<ConnectionFrom>> all;
  size_t refused = 0;
  size_t coming = 2;
  for (const Crowd& crowd : {Crowd{"127.0.0.2", 45, 5}, Crowd{"127.0.0.3", 45, 5}, Crowd{"127.0.0.4", 58, 40}}) {
    coming += crowd.coming;
    for (size_t i = 0; i < crowd.coming; ++i) {
      all.push_back(std::make_unique<ConnectionFrom>(crowd.ip, cluster.client_port(kServer)));
    }
    oracle.closings().await("too_many_connections", refused += crowd.refused);
    // They are accepted in the order in which they came: those who came last.
    for (size_t i = all.size() - crowd.refused; i < all.size(); ++i) expect_told_that_it_is_full(*all[i]);
  }
  ASSERT_EQ(coming, kPlaces + 50);
  await_connections(cluster, kPlaces);
  all.clear();
  await_connections(cluster, 2);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  leave(alice);
  oracle.expect_unharmed({{"logged_out", 1}, {"peer_closed", kPlaces - 2}, {"too_many_connections", 50}});
}

TEST(C3, floods_of_resets_and_half_closed_ones_harm_nobody) {
  constexpr size_t kResets = 600;
  constexpr size_t kHalfClosed = 20;
  constexpr uint16_t kAnswers = 100;
  RowCluster cluster;
  Oracle oracle(cluster);
  for (size_t i = 0; i < kResets; ++i) {
    RawSocket socket(cluster.client_port(kServer));
    if (i % 3 == 1) socket.write(std::string(7, '\0'), Deadline(kPatience));
    if (i % 3 == 2) socket.write(encode(IM::Other::IMHeartBeat(), 1), Deadline(kPatience));
    socket.reset();  // of the first third, many have not been accepted yet
  }
  oracle.closings().await("peer_reset", kResets);

  // Who says no more, but still listens, gets its answers: its own, whatever descriptor it was given.
  for (size_t i = 0; i < kHalfClosed; ++i) {
    WireClient alice(cluster.client_port(kServer));
    alice.log_in("alice");
    std::string bytes;
    const auto first = static_cast<uint16_t>(1'000 * (i + 1));
    for (uint16_t k = 0; k < kAnswers; ++k) bytes += encode(IM::Message::IMClientTimeReq(), first + k);
    alice.send_raw(bytes);
    alice.socket().finish_writing();
    alice.expect_close();
    ASSERT_EQ(alice.inbox().size(), kAnswers);
    for (uint16_t k = 0; k < kAnswers; ++k) EXPECT_EQ(alice.inbox()[k].header.seq_num, first + k);
  }
  oracle.expect_unharmed({{"peer_closed", kHalfClosed}, {"peer_reset", kResets}});
}

// Connections come and go, a thousand a second where the machine can. Of each ten, three send something, and one of
// these is closed by the server, so that the port has connections in TIME_WAIT.
void storm(const Cluster& cluster, size_t count, size_t& closed_by_server) {
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < count; ++i) {
    RawSocket socket(cluster.client_port(kServer));
    if (i % 10 == 0) {
      std::string echo;
      socket.write(encode(IM::Other::IMHeartBeat(), 1), Deadline(kPatience));
      socket.read(echo, Deadline(kPatience));
    }
    if (i % 10 == 1) socket.write(std::string(5, '\0'), Deadline(kPatience));
    if (i % 10 == 2) {
      socket.write(std::string(16, '\0'), Deadline(kPatience));
      last_words(socket);
      ++closed_by_server;
    }
    std::this_thread::sleep_until(begin + milliseconds(i));
  }
}

TEST(C4, a_thousand_connections_a_second_take_no_memory_and_a_restart_binds_at_once) {
  const size_t seconds = in_full(10, 60);
  RowCluster cluster;
  size_t broken = 0;
  storm(cluster, 1'000, broken);  // what a first storm needs is kept for the next one
  await_connections(cluster, 0);
  Oracle oracle(cluster);
  broken = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < seconds; ++i) storm(cluster, 1'000, broken);
  if (in_full()) {
    EXPECT_LE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(seconds) * 11 / 10)
        << "this machine makes fewer than the row asks for";
  }
  await_connections(cluster, 2);
  oracle.expect_growth_below(8 << 10);
  oracle.expect_unharmed({{"peer_closed", 1'000 * seconds - broken}, {"protocol_error", broken}});

  cluster.kill9(kServer);
  cluster.start();  // throws where the port is taken
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
}

void limit_descriptors(pid_t pid, rlim_t count) {
  rlimit limit{};
  prlimit(pid, RLIMIT_NOFILE, nullptr, &limit);
  limit.rlim_cur = count;
  ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, &limit, nullptr), 0);
}

// How often a process has begun to wait: each turn of a loop with nothing to do is one.
size_t waits(pid_t pid) {
  const std::string status = contents("/proc/" + std::to_string(pid) + "/status");
  const std::string name = "\nvoluntary_ctxt_switches:";
  return std::stoul(status.substr(status.find(name) + name.size()));
}

// UBSan needs descriptors to judge a type that it sees for the first time, and takes it for a wrong one where there are
// none left: all that will happen at the limit happens once before.
void rehearse(const Cluster& cluster) {
  {
    WireClient alice(cluster.client_port(kServer));
    alice.log_in("alice");
    leave(alice);
    RawSocket stranger(cluster.client_port(kServer));
  }
  await_connections(cluster, 0);
}

void await_pause(const Cluster& cluster) {
  wait_until("accepting has paused",
             [&] { return cluster.log_of(kServer).find("accept_paused") != std::string::npos; });
}

constexpr size_t kRoom = 20;
constexpr size_t kCrowd = 60;

TEST(C1, at_the_descriptor_limit_a_loop_with_nothing_else_to_do_turns_less_than_100_times_a_second) {
  RowCluster cluster;
  rehearse(cluster);
  const pid_t pid = cluster.pid(kServer);
  limit_descriptors(pid, cluster.descriptors(kServer) + kRoom);
  auto crowd = connect_many(cluster, kServer, kCrowd);
  await_pause(cluster);
  const size_t waited = waits(pid);
  std::this_thread::sleep_for(2s);
  EXPECT_LT(waits(pid) - waited, 2 * 100u);
  limit_descriptors(pid, 10'000);
  await_connections(cluster, kCrowd);
}

TEST(C1, at_the_descriptor_limit_accepting_pauses_without_spinning_and_recovers) {
  RowCluster cluster;
  rehearse(cluster);
  Oracle oracle(cluster);
  const pid_t pid = cluster.pid(kServer);
  limit_descriptors(pid, cluster.descriptors(kServer) + kRoom);
  auto crowd = connect_many(cluster, kServer, kCrowd);
  await_pause(cluster);
  {
    const double worked = cpu_time(pid);
    const size_t waited = waits(pid);
    const Deadline watched(2s);
    std::this_thread::sleep_for(watched.left());
    EXPECT_LT(cpu_time(pid) - worked, 1) << "a loop that spins would use all of it";
    // The control client's messages are turns as well: 50 a second at most, two PDUs and a commit each.
    EXPECT_LT(waits(pid) - waited, 2 * (100 + 50 * 3));
  }
  limit_descriptors(pid, 10'000);
  const FairTime time(oracle.machine());
  for (const auto& socket : crowd) {
    socket->write(encode(IM::Other::IMHeartBeat(), 1), Deadline(kPatience));
    std::string answer;
    EXPECT_EQ(socket->read(answer, Deadline(kPatience)), RawSocket::Event::kBytes);
  }
  EXPECT_LE(time.taken(), 1s);
  crowd.clear();
  oracle.expect_unharmed({{"peer_closed", kCrowd}});
}

}  // namespace
}  // namespace talkbeat::scenario
