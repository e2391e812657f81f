// Bytes that no client of ours would send, while a control client on the same server notices nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/scenario/control.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char* kServer = "msg_server_0";

std::string header_of_length(uint32_t length) {
  PduHeader header;
  header.length = length;
  header.service_id = IM::BaseDefine::SID_MSG;
  header.command_id = IM::BaseDefine::CID_MSG_DATA;
  return encode(header, "");
}

TEST(Abuse, impossible_lengths_close_the_connection_at_once_and_reserve_nothing) {
  Cluster cluster(with_control());
  Control control(cluster, kServer);
  const Closings closings(cluster, kServer);
  const long memory = cluster.memory_kib(kServer);
  std::vector<uint32_t> lengths{(16 << 10) + 1, (1 << 20) + 1, 1U << 31, UINT32_MAX};
  for (uint32_t length = 0; length < 16; ++length) lengths.push_back(length);
  for (uint32_t i = 0; i < 14; ++i) lengths.push_back(100'000'000 + i);
  for (const uint32_t length : lengths) {
    WireClient stranger(cluster.client_port(kServer));
    stranger.send_raw(header_of_length(length));
    stranger.expect_close();
    EXPECT_EQ(stranger.expect<TbGoAway>().reason(), GO_AWAY_PROTOCOL_ERROR) << length;
    EXPECT_TRUE(stranger.inbox().empty()) << length;
  }
  for (const uint32_t length : {(1U << 20) + 1, 1U << 31, UINT32_MAX, 15U, 0U}) {
    WireClient alice(cluster.client_port(kServer));
    alice.log_in("alice");
    alice.send_raw(header_of_length(length));
    alice.expect_close();
  }
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("protocol_error", lengths.size() + 5)));
  EXPECT_LT(cluster.memory_kib(kServer), memory + (20 << 10));
  control.expect_unharmed();
}

// The longest that is allowed is allowed.
TEST(Abuse, a_pdu_of_exactly_the_limit_is_accepted) {
  Cluster cluster(with_control());
  WireClient stranger(cluster.client_port(kServer));
  stranger.send_raw(encode(kCommandOf<IM::Message::IMClientTimeReq>, 1, std::string((16 << 10) - 16, '\0')));
  stranger.expect_error(ERROR_NOT_LOGGED_IN, 1);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  alice.send_raw(encode(kCommandOf<IM::Message::IMMsgData>, 9, std::string((1 << 20) - 16, '\xff')));
  alice.expect_error(ERROR_MALFORMED, 9);
}

TEST(Abuse, random_bytes_on_every_port_of_every_process_harm_nobody) {
  Cluster cluster(with_control());
  Control control(cluster, kServer);
  std::mt19937 random(20'240'817);
  std::vector<uint16_t> ports{cluster.servers_port("login_server_0")};
  for (const char* name : {"login_server_0", kServer}) {
    ports.push_back(cluster.client_port(name));
    ports.push_back(cluster.http_port(name));
  }
  const pid_t login_server = cluster.pid("login_server_0");
  const pid_t msg_server = cluster.pid(kServer);
  for (const uint16_t port : ports) {
    for (const size_t size : {16UL, 17UL, 300UL, 5'000UL, 70'000UL, 300'000UL}) {
      std::string bytes(size, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      bytes.front() = '\x7f';  // no length that could be waited for, and no HTTP
      RawSocket stranger(port);
      stranger.try_write(bytes, Deadline(kPatience));
      std::string answer;
      RawSocket::Event event{};
      do event = stranger.read(answer, Deadline(kPatience));
      while (event == RawSocket::Event::kBytes);
      EXPECT_EQ(event, RawSocket::Event::kClosed) << "port " << port << ", " << size << " bytes";
    }
  }
  EXPECT_EQ(cluster.pid("login_server_0"), login_server);
  EXPECT_EQ(cluster.pid(kServer), msg_server);
  EXPECT_EQ(cluster.get("login_server_0", "/healthz").status, 200);
  EXPECT_EQ(cluster.get(kServer, "/readyz").status, 200);
  EXPECT_EQ(registered_servers(cluster), 1u);
  control.expect_unharmed();
}

IM::Message::IMMsgData message_to(uint32_t user) {
  IM::Message::IMMsgData message;
  message.set_from_user_id(1);
  message.set_to_session_id(user);
  message.set_msg_id(0);
  message.set_create_time(0);
  message.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  message.set_msg_data("never seen");
  return message;
}

// Bodies of an IMMsgData that must not be taken for one.
std::vector<std::string> broken_messages(uint32_t to) {
  std::vector<std::string> bodies{""};
  const std::string whole = message_to(to).SerializeAsString();
  for (int field = 1; field <= 6; ++field) {
    IM::Message::IMMsgData lacking = message_to(to);
    lacking.GetReflection()->ClearField(&lacking, lacking.GetDescriptor()->FindFieldByNumber(field));
    bodies.push_back(lacking.SerializePartialAsString());
  }
  bodies.push_back(whole.substr(0, whole.size() - 1));         // msg_data is cut off
  bodies.push_back(whole + "\x32\xff\xff\xff\xff\x0f");        // msg_data of 4 GB
  bodies.push_back(whole + "\x80");                            // a key without an end
  bodies.push_back(whole + std::string("\x00\x01", 2));        // field number 0
  bodies.push_back(whole + "\x37");                            // wire type 7
  bodies.push_back(whole + "\xf4\x01");                        // the end of a group that never began
  bodies.push_back("\x0d\x01\x01\x01\x01" + whole.substr(2));  // from_user_id as fixed32
  std::string deep = whole;
  for (int depth = 0; depth < 150; ++depth) deep += "\xf3\x01";
  for (int depth = 0; depth < 150; ++depth) deep += "\xf4\x01";
  bodies.push_back(deep);
  return bodies;
}

TEST(Abuse, what_does_not_parse_is_refused_three_times_and_has_no_effect) {
  Cluster cluster(with_control());
  Control control(cluster, kServer);
  const Closings closings(cluster, kServer);
  WireClient bob(cluster.client_port(kServer));
  const uint32_t bob_id = bob.log_in("bob").user_info().user_id();
  const std::vector<std::string> bodies = broken_messages(bob_id);
  ASSERT_EQ(bodies.size() % 3, 0u) << "three to a connection";
  for (size_t begin = 0; begin < bodies.size(); begin += 3) {
    WireClient alice(cluster.client_port(kServer));
    alice.log_in("alice");
    for (uint16_t i = 0; i < 3; ++i) {
      EXPECT_FALSE(alice.closed());
      const auto seq = static_cast<uint16_t>(100 + i);
      alice.send_raw(encode(kCommandOf<IM::Message::IMMsgData>, seq, bodies[begin + i]));
      const TbError error = alice.expect_error(ERROR_MALFORMED, seq);
      EXPECT_EQ(error.service_id(), 3u);
      EXPECT_EQ(error.command_id(), 0x0301u);
      EXPECT_EQ(error.seq_num(), seq);
    }
    alice.expect_close();
  }
  // The same before the login, and a service that does not fit its command.
  WireClient stranger(cluster.client_port(kServer));
  for (uint16_t seq = 1; seq <= 3; ++seq) {
    stranger.send_raw(encode(kCommandOf<IM::Login::IMLoginReq>, seq,
                             "\x0a\x05"
                             "alice"));
    stranger.expect_error(ERROR_MALFORMED, seq);
  }
  stranger.expect_close();
  EXPECT_THAT(closings.so_far(), ElementsAre(Pair("malformed", bodies.size() / 3 + 1)));

  bob.sync();
  EXPECT_EQ(bob.waiting<IM::Message::IMMsgData>(), 0u);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  EXPECT_EQ(alice.tell(bob_id, "the first one").msg_id(), 1u);
  control.expect_unharmed();
}

TEST(Abuse, every_command_with_a_broken_body_is_refused) {
  Cluster cluster(with_control());
  const std::vector<uint16_t> commands{0x0105, 0x010a, 0x0201, 0x0204, 0x0206, 0x0208, 0x020a, 0x0301,
                                       0x0302, 0x0303, 0x0305, 0x0307, 0x0309, 0x030b, 0x030d, 0x0701};
  std::unique_ptr<WireClient> alice;
  for (size_t i = 0; i < commands.size(); ++i) {
    if (i % 2 == 0) {
      alice = std::make_unique<WireClient>(cluster.client_port(kServer));
      alice->log_in("alice");
    }
    const auto seq = static_cast<uint16_t>(100 + i);
    alice->send_raw(encode(commands[i], seq, "\xff\xff\xff"));
    EXPECT_EQ(alice->expect_error(ERROR_MALFORMED, seq).command_id(), commands[i]);
    alice->sync();
  }
}

}  // namespace
}  // namespace talkbeat::scenario
