// Connections that stall, drip, flood or don't read: each is closed for its own reason, and the others notice nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/scenario/control.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char* kServer = "msg_server_0";

using Sockets = std::vector<std::unique_ptr<RawSocket>>;

Sockets connect_many(const Cluster& cluster, size_t count) {
  Sockets sockets;
  for (size_t i = 0; i < count; ++i) sockets.push_back(std::make_unique<RawSocket>(cluster.client_port(kServer)));
  return sockets;
}

std::string login_of(const std::string& name) {
  IM::Login::IMLoginReq request;
  request.set_user_name(name);
  request.set_password(std::string(32, '0'));
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  request.set_client_version(std::string(15'000, 'v'));
  return encode(request, 1);
}

void keep_little_room(const RawSocket& socket) {
  const int bytes = 4096;
  setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

TEST(Resources, a_thousand_connections_stalled_in_a_pdu_are_closed_at_the_handshake_timeout) {
  Cluster cluster(with_control({"client.handshake_timeout=5s", "client.pdu_timeout=10m"}));
  Control control(cluster, kServer);
  const Closings closings(cluster, kServer);
  const long memory = cluster.memory_kib(kServer);
  const std::string half = login_of("alice").substr(0, 8'000);
  {
    const Sockets stalled = connect_many(cluster, 1'000);
    for (const auto& socket : stalled) socket->write(half, Deadline(kPatience));
    EXPECT_LT(cluster.memory_kib(kServer), memory + (64 << 10));
    closings.await("handshake_timeout", 1'000);
    for (const auto& socket : stalled) {
      std::string last_words;
      while (socket->read(last_words, Deadline(kPatience)) == RawSocket::Event::kBytes) {
      }
      EXPECT_THAT(last_words, testing::HasSubstr("no successful login"));
    }
  }
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("handshake_timeout", 1'000)));
  control.expect_unharmed();
}

// Writes to each socket in turn until the server has closed all of them, or the time is over.
template <class Bytes>
void drip(const Sockets& sockets, Bytes next_bytes) {
  const Deadline deadline(3 * kPatience);
  std::vector<bool> open(sockets.size(), true);
  size_t still_open = sockets.size();
  while (still_open > 0 && !deadline.passed()) {
    for (size_t i = 0; i < sockets.size(); ++i) {
      if (!open[i]) continue;
      std::string answers;
      const bool closed = sockets[i]->read(answers, Deadline(0ms)) == RawSocket::Event::kClosed;
      if (!closed && sockets[i]->try_write(next_bytes(), deadline)) continue;
      open[i] = false;
      --still_open;
    }
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_EQ(still_open, 0u);
}

TEST(Resources, who_drips_is_closed_in_spite_of_progress) {
  Cluster cluster(with_control({"client.handshake_timeout=4s", "client.pdu_timeout=1500ms"}));
  Control control(cluster, kServer);
  const Closings closings(cluster, kServer);
  const std::string login = login_of("alice");
  size_t sent = 0;
  drip(connect_many(cluster, 50), [&] { return login.substr(sent++ / 50 % login.size(), 1); });
  closings.await("pdu_timeout", 50);

  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  alice.send_raw(encode(IM::Message::IMClientTimeReq(), 1) + login.substr(0, 17));
  alice.expect_close();
  closings.await("pdu_timeout", 51);

  // Whole PDUs, but never a login.
  const std::string heartbeat = encode(IM::Message::IMClientTimeReq(), 1);
  drip(connect_many(cluster, 50), [&] { return heartbeat; });
  closings.await("handshake_timeout", 50);
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("handshake_timeout", 50), Pair("pdu_timeout", 51)));
  control.expect_unharmed();
}

TEST(Resources, ten_thousand_pdus_in_one_write_are_answered_in_order) {
  Cluster cluster(with_control({}));
  Control control(cluster, kServer);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  std::string bytes;
  for (uint16_t seq = 1; seq <= 10'000; ++seq) bytes += encode(IM::Message::IMClientTimeReq(), seq);
  alice.send_raw(bytes);
  alice.expect<IM::Message::IMClientTimeRsp>(10'000, 3 * kPatience);
  ASSERT_EQ(alice.inbox().size(), 9'999u);
  uint16_t expected = 0;
  for (const Pdu& pdu : alice.inbox()) ASSERT_EQ(pdu.header.seq_num, ++expected) << shown(pdu);
  control.expect_unharmed();
}

// One who does not read is written to until it is closed; returns how many messages it was sent.
uint32_t flood_a_slow_reader(const Cluster& cluster, const Closings& closings) {
  WireClient bob(cluster.client_port(kServer));
  keep_little_room(bob.socket());
  bob.log_in("bob");
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  const std::string text(100'000, 't');
  uint32_t sent = 0;
  while (closings.so_far("slow_consumer") == 0 && sent < 600) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(alice.tell(bob.user_id(), text).msg_id(), ++sent);
    }
  }
  closings.await("slow_consumer", 1);
  return sent;
}

void expect_the_rest_in_the_history(const Cluster& cluster, uint32_t sent) {
  WireClient bob(cluster.client_port(kServer));
  bob.log_in("bob");
  const auto unread = bob.ask<IM::Message::IMUnreadMsgCntRsp>([&] {
    IM::Message::IMUnreadMsgCntReq request;
    request.set_user_id(bob.user_id());
    return request;
  }());
  EXPECT_EQ(unread.total_cnt(), sent);
}

TEST(Resources, a_slow_reader_is_closed_at_the_hard_limit_and_finds_the_rest_in_the_history) {
  Cluster cluster(
      with_control({"client.out_soft_limit=64KiB", "client.out_soft_time=1h", "client.out_hard_limit=512KiB"}));
  Control control(cluster, kServer);
  const Closings closings(cluster, kServer);
  const long memory = cluster.memory_kib(kServer);
  const uint32_t sent = flood_a_slow_reader(cluster, closings);
  EXPECT_EQ(closings.so_far("slow_consumer"), 1u);
  // Freed memory is kept for a while where a sanitizer watches it: far less than what was sent, still.
  EXPECT_LT(cluster.memory_kib(kServer), memory + (400 << 10));
  expect_the_rest_in_the_history(cluster, sent);
  control.expect_unharmed();
}

TEST(Resources, a_slow_reader_is_closed_when_it_stays_above_the_soft_limit) {
  Cluster cluster(
      with_control({"client.out_soft_limit=16KiB", "client.out_soft_time=1s", "client.out_hard_limit=1GiB"}));
  const Closings closings(cluster, kServer);
  expect_the_rest_in_the_history(cluster, flood_a_slow_reader(cluster, closings));
  EXPECT_EQ(closings.so_far("slow_consumer"), 1u);
}

TEST(Resources, a_stranger_who_never_reads_its_errors_is_closed) {
  Cluster cluster(with_control({"client.handshake_timeout=10m"}));
  Control control(cluster, kServer);
  const Closings closings(cluster, kServer);
  const long memory = cluster.memory_kib(kServer);
  RawSocket stranger(cluster.client_port(kServer));
  keep_little_room(stranger);
  std::string bytes;
  for (uint16_t seq = 0; seq < 50; ++seq) bytes += encode(IM::Message::IMClientTimeReq(), seq);
  wait_until("the stranger is closed", [&] {
    for (int i = 0; i < 100; ++i) {
      if (!stranger.try_write(bytes, Deadline(kPatience))) return true;
    }
    return closings.so_far("slow_consumer") > 0;
  });
  closings.await("slow_consumer", 1);
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("slow_consumer", 1)));
  // The kernel's buffers take megabytes of errors first, and a sanitizer keeps what was freed for a while.
  EXPECT_LT(cluster.memory_kib(kServer), memory + (64 << 10));
  control.expect_unharmed();
}

}  // namespace
}  // namespace talkbeat::scenario
