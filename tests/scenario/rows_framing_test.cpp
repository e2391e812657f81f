// F1 to F4, F6, F9: streams of bytes that no client of ours would send. (F5 is in stream_test.cpp.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/scenario/oracle.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

constexpr uint32_t kLimitBeforeLogin = 16 << 10;
constexpr uint32_t kLimit = 1 << 20;

std::string header_of_length(uint32_t length) {
  PduHeader header;
  header.length = length;
  header.service_id = IM::BaseDefine::SID_MSG;
  header.command_id = IM::BaseDefine::CID_MSG_DATA;
  return encode(header, "");
}

// A connection that says that a PDU of this length begins. Returns how long it took until the server had closed it.
milliseconds time_to_close(const Cluster& cluster, const Oracle& oracle, uint32_t length, bool logged_in) {
  WireClient client(cluster.client_port(kServer));
  if (logged_in) client.log_in("alice");
  const FairTime time(oracle.machine());
  client.send_raw(header_of_length(length));
  client.expect_close();
  const milliseconds taken = time.taken();
  EXPECT_EQ(client.expect<TbGoAway>().reason(), GO_AWAY_PROTOCOL_ERROR) << length;
  EXPECT_TRUE(client.inbox().empty()) << length;
  return taken;
}

TEST(F1, a_length_below_the_headers_closes_the_connection_at_once) {
  RowCluster cluster;
  Oracle oracle(cluster);
  for (const bool logged_in : {false, true}) {
    for (uint32_t length = 0; length < kPduHeaderSize; ++length) {
      EXPECT_LE(time_to_close(cluster, oracle, length, logged_in), 100ms) << length;
    }
  }
  oracle.expect_unharmed({{"protocol_error", 2 * kPduHeaderSize}});
}

TEST(F2, a_length_above_the_limit_closes_with_the_header_and_reserves_nothing) {
  RowCluster cluster;
  Oracle oracle(cluster);
  constexpr size_t kEach = 30;
  const std::vector<uint32_t> lengths{kLimitBeforeLogin + 1, kLimit + 1, 1U << 31, UINT32_MAX};
  for (size_t i = 0; i < kEach; ++i) {
    for (const uint32_t length : lengths) EXPECT_LE(time_to_close(cluster, oracle, length, false), 100ms);
  }
  // 64 KiB for each would be the first that is too much.
  const long too_much = static_cast<long>(kEach * lengths.size() * 64);
  oracle.expect_growth_below(too_much);
  for (const uint32_t length : {kLimit + 1, 1U << 31, UINT32_MAX}) {
    EXPECT_LE(time_to_close(cluster, oracle, length, true), 100ms);
  }
  oracle.expect_growth_below(too_much + kPasswordCheckKib);
  oracle.expect_unharmed({{"protocol_error", kEach * lengths.size() + 3}});
}

// The longest that is allowed is allowed.
TEST(F2, a_pdu_of_exactly_the_limit_is_accepted) {
  RowCluster cluster;
  WireClient stranger(cluster.client_port(kServer));
  stranger.send_raw(encode(kCommandOf<IM::Message::IMClientTimeReq>, 1, std::string(kLimitBeforeLogin - 16, '\0')));
  stranger.expect_error(ERROR_NOT_LOGGED_IN, 1);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  alice.send_raw(encode(kCommandOf<IM::Message::IMMsgData>, 9, std::string(kLimit - 16, '\xff')));
  alice.expect_error(ERROR_MALFORMED, 9);
}

// Nearly as long as a stranger's PDU may be.
std::string long_login() {
  IM::Login::IMLoginReq request;
  request.set_user_name("alice");
  request.set_password(std::string(32, '0'));
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  request.set_client_version(std::string(16'000, 'v'));
  return encode(request, 1);
}

// After the timeout of the last of them, all are to be closed within this; what the machine takes is not counted.
constexpr milliseconds kInTime = 1s;

TEST(F3, a_thousand_connections_stalled_in_a_login_are_closed_at_the_handshake_timeout) {
  constexpr size_t kStalled = 1'000;
  RowCluster cluster({"client.handshake_timeout=5s", "client.pdu_timeout=10m"});
  Oracle oracle(cluster);
  const std::string half = long_login().substr(0, 15'000);
  {
    const Sockets stalled = connect_many(cluster, kServer, kStalled);
    for (const auto& socket : stalled) socket->write(half, Deadline(kPatience));
    const FairTime all_wait(oracle.machine());
    oracle.closings().await("handshake_timeout", kStalled);
    EXPECT_LE(all_wait.taken(), 5s + kInTime);
    oracle.expect_growth_below(32 << 10);
    for (const auto& socket : stalled) {
      EXPECT_THAT(last_words(*socket), testing::HasSubstr("no successful login"));
    }
  }
  oracle.expect_unharmed({{"handshake_timeout", kStalled}});
}

// Writes a byte a second to each of them until the server has closed all. Returns how long after the first byte it had
// closed the last one, for this reason.
milliseconds drip(const Oracle& oracle, const Sockets& sockets, const std::string& reason) {
  const std::string bytes = long_login();
  const Deadline deadline(3 * kPatience);
  const FairTime time(oracle.machine());
  std::optional<milliseconds> taken;
  std::vector<bool> open(sockets.size(), true);
  size_t still_open = sockets.size();
  for (size_t sent = 0; still_open > 0 && !deadline.passed(); ++sent) {
    const Deadline next_second(1s);
    for (size_t i = 0; i < sockets.size(); ++i) {
      if (!open[i]) continue;
      std::string answers;
      const bool closed = sockets[i]->read(answers, Deadline(0ms)) == RawSocket::Event::kClosed;
      if (!closed && sockets[i]->try_write(bytes.substr(sent % bytes.size(), 1), deadline)) continue;
      open[i] = false;
      --still_open;
    }
    while (!taken && !next_second.passed()) {
      if (oracle.closings().so_far(reason) == sockets.size()) taken = time.taken();
      std::this_thread::sleep_for(20ms);
    }
    if (still_open > 0) std::this_thread::sleep_for(next_second.left());
  }
  EXPECT_EQ(still_open, 0u);
  return taken.value_or(time.taken());
}

constexpr size_t kDripping = 1'000;

TEST(F4, a_login_of_one_byte_a_second_is_closed_at_the_handshake_timeout_in_spite_of_progress) {
  RowCluster cluster({"client.handshake_timeout=4s", "client.pdu_timeout=10m"});
  Oracle oracle(cluster);
  EXPECT_LE(drip(oracle, connect_many(cluster, kServer, kDripping), "handshake_timeout"), 4s + kInTime);
  oracle.expect_unharmed({{"handshake_timeout", kDripping}});
}

TEST(F4, a_pdu_of_one_byte_a_second_is_closed_at_the_pdu_timeout_in_spite_of_progress) {
  RowCluster cluster({"client.handshake_timeout=10m", "client.pdu_timeout=2s"});
  Oracle oracle(cluster);
  EXPECT_LE(drip(oracle, connect_many(cluster, kServer, kDripping), "pdu_timeout"), 2s + kInTime);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  // A whole PDU and the beginning of the next one: the deadline is that of the second.
  const FairTime time(oracle.machine());
  alice.send_raw(encode(IM::Message::IMClientTimeReq(), 1) + long_login().substr(0, 17));
  alice.expect_close();
  EXPECT_LE(time.taken(), 2s + kInTime);
  oracle.expect_unharmed({{"pdu_timeout", kDripping + 1}});
}

// Whole PDUs, but never a login.
TEST(F4, heartbeats_are_no_login) {
  RowCluster cluster({"client.handshake_timeout=3s"});
  Oracle oracle(cluster);
  constexpr size_t kStrangers = 50;
  const Sockets strangers = connect_many(cluster, kServer, kStrangers);
  const std::string request = encode(IM::Message::IMClientTimeReq(), 1);
  const Deadline patience(3 * kPatience);
  const FairTime time(oracle.machine());
  while (oracle.closings().so_far("handshake_timeout") < kStrangers && !patience.passed()) {
    for (const auto& stranger : strangers) stranger->try_write(request, Deadline(kPatience));
    for (const auto& stranger : strangers) {
      std::string answers;
      stranger->read(answers, Deadline(0ms));
    }
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_LE(time.taken(), 3s + kInTime);
  oracle.expect_unharmed({{"handshake_timeout", kStrangers}});
}

TEST(F6, ten_thousand_pdus_in_one_write_are_answered_in_order_and_delay_nobody) {
  RowCluster cluster;
  Oracle oracle(cluster, 50ms);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  std::string bytes;
  for (uint16_t seq = 1; seq <= 10'000; ++seq) bytes += encode(IM::Message::IMClientTimeReq(), seq);
  alice.send_raw(bytes);
  alice.expect<IM::Message::IMClientTimeRsp>(10'000, 3 * kPatience);
  ASSERT_EQ(alice.inbox().size(), 9'999u);
  uint16_t expected = 0;
  for (const Pdu& pdu : alice.inbox()) ASSERT_EQ(pdu.header.seq_num, ++expected) << shown(pdu);
  alice.ask<IM::Login::IMLogoutRsp>(IM::Login::IMLogoutReq());
  alice.expect_close();
  oracle.expect_unharmed({{"logged_out", 1}});
}

TEST(F9, first_pdus_of_100_mb_take_no_memory) {
  constexpr size_t kCount = 14;
  constexpr uint32_t kClaimed = 100'000'000;
  RowCluster cluster;
  Oracle oracle(cluster);
  Sockets all = connect_many(cluster, kServer, kCount);
  for (uint32_t i = 0; i < kCount; ++i) {
    all[i]->try_write(header_of_length(kClaimed + i) + std::string(60'000, 'x'), Deadline(kPatience));
  }
  oracle.closings().await("protocol_error", kCount);
  oracle.expect_growth_below(20 << 10);
  all.clear();
  oracle.expect_unharmed({{"protocol_error", kCount}});
}

}  // namespace
}  // namespace talkbeat::scenario
