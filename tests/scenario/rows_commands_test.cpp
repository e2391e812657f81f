// F7, F8, F10: commands that must not be, bodies that are none, and names and texts that would steer a terminal or a
// log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/scenario/full.h"
#include "tests/scenario/oracle.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

using testing::IsEmpty;

const std::vector<std::string> kWithoutRateLimit{"client.request_burst=1000000", "client.handshake_timeout=10m"};

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

// Unknown groups, each inside of the one before.
std::string nested(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) bytes += "\xf3\x01";
  for (int i = 0; i < depth; ++i) bytes += "\xf4\x01";
  return bytes;
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
  for (const int depth : {101, 150, 5'000, 200'000}) bodies.push_back(whole + nested(depth));
  return bodies;
}

TEST(F7, what_does_not_parse_is_refused_three_times_and_has_no_effect) {
  RowCluster cluster;
  Oracle oracle(cluster);
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

  bob.sync();
  EXPECT_EQ(bob.waiting<IM::Message::IMMsgData>(), 0u);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  EXPECT_EQ(alice.tell(bob_id, "the first one").msg_id(), 1u);
  leave(alice);
  leave(bob);
  oracle.expect_unharmed({{"logged_out", 2}, {"malformed", bodies.size() / 3 + 1}});
}

bool allowed_before_login(uint16_t command) {
  return command == kCommandOf<IM::Login::IMLoginReq> || command == kCommandOf<IM::File::IMFileLoginReq> ||
         command == kCommandOf<IM::Login::IMLogoutReq> || command == kCommandOf<IM::Other::IMHeartBeat>;
}

TEST(F8, before_the_login_every_command_but_four_is_refused_and_reaches_nothing) {
  RowCluster cluster(kWithoutRateLimit);
  const Closings closings(cluster, kServer);
  const Closings links(cluster, "login_server_0", "server_link");
  const double writes = figure(cluster, kServer, "talkbeat_store_writes");
  WireClient stranger(cluster.client_port(kServer));
  constexpr uint32_t kAtOnce = 32;  // their answers fit into what is kept for a stranger
  for (uint32_t begin = 0; begin < 0x10000; begin += kAtOnce) {
    std::string bytes;
    for (uint32_t command = begin; command < begin + kAtOnce; ++command) {
      const auto id = static_cast<uint16_t>(command);
      if (!allowed_before_login(id)) bytes += encode(id, id, "");
    }
    stranger.send_raw(bytes);
    for (uint32_t command = begin; command < begin + kAtOnce; ++command) {
      const auto id = static_cast<uint16_t>(command);
      if (allowed_before_login(id)) continue;
      ASSERT_EQ(stranger.expect_error(ERROR_NOT_LOGGED_IN, id).command_id(), command);
    }
  }
  EXPECT_THAT(stranger.inbox(), IsEmpty());
  EXPECT_THAT(closings.so_far(), IsEmpty());
  EXPECT_EQ(figure(cluster, kServer, "talkbeat_store_writes"), writes);
  EXPECT_THAT(links.so_far(), IsEmpty());
  stranger.log_in("alice");  // it is not too late
}

// What a client may send once it is online: PROTOCOL.md. Of these an empty body is refused as malformed, or answered.
bool for_clients(uint16_t command) {
  static constexpr uint16_t kOffered[] = {0x0103, 0x0105, 0x0108, 0x010a, 0x010c, 0x010e,                  // login
                                          0x0201, 0x0204, 0x0206, 0x0208, 0x020a, 0x020c, 0x0210, 0x0213,  // people
                                          0x0301, 0x0302, 0x0303, 0x0305, 0x0307, 0x0309, 0x030b, 0x030d,  // messages
                                          0x0401, 0x0403, 0x0405, 0x0407, 0x0409,                          // groups
                                          0x0501, 0x0506, 0x0509, 0x050b, 0x050c,
                                          0x0601,  // files, P2P commands
                                          0x0701};
  return std::ranges::find(kOffered, command) != std::end(kOffered);
}

// All ids of the protocol's services up to the highest that has a meaning, and some of the 65,000 others; all of them
// where there is time: each third one costs a connection.
std::vector<uint16_t> foreign_commands() {
  std::vector<uint16_t> commands;
  std::mt19937 random(1);
  for (uint32_t id = 0; id < 0x10000; ++id) {
    const auto command = static_cast<uint16_t>(id);
    const bool near = command >> 8 <= 9 && (command & 0xff) <= 0x38;
    if (!for_clients(command) && (near || in_full() || random() % 1'000 == 0)) commands.push_back(command);
  }
  return commands;
}

// As alice, and cheaper than by password.
void log_in_with_token(WireClient& alice, const std::string& token) {
  IM::Login::IMLoginReq request;
  request.set_user_name("alice");
  request.set_password("");
  request.set_session_token(token);
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(kPc);
  ASSERT_EQ(alice.ask<IM::Login::IMLoginRes>(request).result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
}

TEST(F8, after_the_login_what_is_not_for_clients_is_refused_and_never_forwarded) {
  RowCluster cluster(kWithoutRateLimit);
  Oracle oracle(cluster);
  const Closings links(cluster, "login_server_0", "server_link");
  const std::vector<uint16_t> commands = foreign_commands();
  WireClient first(cluster.client_port(kServer));
  const std::string token = first.log_in("alice").session_token();
  leave(first);
  for (size_t begin = 0; begin < commands.size(); begin += 2) {
    WireClient alice(cluster.client_port(kServer));
    log_in_with_token(alice, token);
    const size_t end = std::min(begin + 2, commands.size());
    for (size_t i = begin; i < end; ++i) {
      alice.send_raw(encode(commands[i], 77, ""));
      const auto error = alice.expect<TbError>(77);
      ASSERT_EQ(error.command_id(), commands[i]);
      ASSERT_TRUE(error.code() == ERROR_UNKNOWN_COMMAND || error.code() == ERROR_NOT_ALLOWED)
          << error.ShortDebugString();
    }
    ASSERT_EQ(alice.waiting<IM::Login::IMKickUser>(), 0u);
    leave(alice);
  }
  EXPECT_EQ(registered_servers(cluster), 1u);
  EXPECT_THAT(links.so_far(), IsEmpty());
  oracle.expect_unharmed({{"logged_out", 1 + (commands.size() + 1) / 2}});
}

TEST(F8, a_service_that_does_not_fit_its_command_is_refused) {
  RowCluster cluster(kWithoutRateLimit);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  for (uint16_t seq = 100; seq < 103; ++seq) {
    PduHeader header;
    header.length = 16;
    header.service_id = 1;
    header.command_id = kCommandOf<IM::Message::IMClientTimeReq>;
    header.seq_num = seq;
    alice.send_raw(encode(header, ""));
    alice.expect_error(ERROR_MALFORMED, seq);
  }
  alice.expect_close();
}

// What a login is refused for, with each of these names.
std::vector<std::string> hostile_names() {
  return {"alice' OR '1'='1",
          "x'; DROP TABLE users; --",
          "alice\" --",
          "alice\r\n2026-01-01 00:00:00.000 warn login_refused name=root",
          std::string("alice\0", 6),
          "\x1b[2J\x1b[31malice",
          "%s%n",
          "\xff\xfe\xc3"};
}

std::vector<std::string> refusals_in(const std::string& log) {
  std::vector<std::string> lines;
  for (const std::string& line : lines_of(log)) {
    if (line.find("login_refused conn=") != std::string::npos) lines.push_back(line);
  }
  return lines;
}

// Nothing in it can steer a terminal, or pass for a line of ours.
void expect_harmless(const std::string& log) {
  for (const std::string& line : lines_of(log)) {
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) << line;
    EXPECT_FALSE(line.starts_with("2026-01-01 00:00:00.000")) << line;
  }
}

TEST(F10, names_with_control_bytes_name_nobody_and_are_one_line_of_the_log_each) {
  RowCluster cluster;
  Oracle oracle(cluster);
  const std::vector<std::string> names = hostile_names();
  for (const std::string& name : names) {
    WireClient stranger(cluster.client_port(kServer));
    EXPECT_NE(stranger.try_log_in(name, kPassword).result_code(), IM::BaseDefine::REFUSE_REASON_NONE) << name;
    stranger.expect_close();
  }
  wait_until("all are in the log", [&] { return refusals_in(cluster.log_of(kServer)).size() >= names.size(); });
  EXPECT_EQ(refusals_in(cluster.log_of(kServer)).size(), names.size());
  expect_harmless(cluster.log_of(kServer));
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  leave(alice);
  oracle.expect_unharmed({{"logged_out", 1}, {"login_refused", names.size()}});
}

TEST(F10, texts_with_control_bytes_arrive_as_they_are_and_are_not_in_the_log) {
  RowCluster cluster({"log.level=debug"});
  Oracle oracle(cluster);
  WireClient alice(cluster.client_port(kServer));
  WireClient bob(cluster.client_port(kServer));
  alice.log_in("alice");
  bob.log_in("bob");
  std::string text = "\r\n2026-01-01 00:00:00.000 warn forged\r\n\x1b[2Jsecret words";
  for (int byte = 0; byte < 256; ++byte) text += static_cast<char>(byte);
  alice.tell(bob.user_id(), text);
  EXPECT_EQ(bob.expect<IM::Message::IMMsgData>().msg_data(), text);
  EXPECT_EQ(page_of(bob, alice.user_id(), 0, 1).msg_list(0).msg_data(), text);
  expect_harmless(cluster.log_of(kServer));
  EXPECT_THAT(cluster.log_of(kServer), testing::Not(testing::HasSubstr("secret words")));
  leave(alice);
  leave(bob);
  oracle.expect_unharmed({{"logged_out", 2}});
}

}  // namespace
}  // namespace talkbeat::scenario
