// Whatever is not in the table of commands is refused, before the login and after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/scenario/control.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using testing::IsEmpty;

constexpr const char* kServer = "msg_server_0";

ClusterOptions without_rate_limit() {
  ClusterOptions options;
  options.msg_servers = 1;
  options.settings = {"client.request_burst=1000000", "client.handshake_timeout=10m"};
  options.users = {"alice", kControlSender, kControlReceiver};
  return options;
}

bool allowed_before_login(uint16_t command) {
  return command == kCommandOf<IM::Login::IMLoginReq> || command == kCommandOf<IM::File::IMFileLoginReq> ||
         command == kCommandOf<IM::Login::IMLogoutReq> || command == kCommandOf<IM::Other::IMHeartBeat>;
}

TEST(DefaultDeny, before_the_login_every_command_but_four_is_refused_and_reaches_nothing) {
  Cluster cluster(without_rate_limit());
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

// All ids of the protocol's services up to the highest that has a meaning, and some of the 65,000 others: each third
// one costs a connection.
std::vector<uint16_t> foreign_commands() {
  std::vector<uint16_t> commands;
  for (int service = 0; service <= 9; ++service) {
    for (int low = 0; low <= 0x38; ++low) {
      const auto command = static_cast<uint16_t>(service << 8 | low);
      if (!for_clients(command)) commands.push_back(command);
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 60; ++i) commands.push_back(static_cast<uint16_t>(0x0a00 + random() % 0xf600));
  return commands;
}

TEST(DefaultDeny, after_the_login_what_is_not_for_clients_is_refused_and_never_forwarded) {
  Cluster cluster(without_rate_limit());
  Control control(cluster, kServer);
  const Closings links(cluster, "login_server_0", "server_link");
  std::unique_ptr<WireClient> alice;
  size_t faults = 3;
  for (const uint16_t command : foreign_commands()) {
    if (faults >= 2) {
      alice = std::make_unique<WireClient>(cluster.client_port(kServer));
      alice->log_in("alice");
      faults = 0;
    }
    alice->send_raw(encode(command, 77, ""));
    const auto error = alice->expect<TbError>(77);
    ASSERT_EQ(error.command_id(), command);
    ASSERT_TRUE(error.code() == ERROR_UNKNOWN_COMMAND || error.code() == ERROR_NOT_ALLOWED) << error.ShortDebugString();
    ++faults;
    ASSERT_EQ(alice->waiting<IM::Login::IMKickUser>(), 0u);
  }
  EXPECT_EQ(registered_servers(cluster), 1u);
  EXPECT_THAT(links.so_far(), IsEmpty());
  control.expect_unharmed();
}

TEST(DefaultDeny, a_service_that_does_not_fit_its_command_is_refused) {
  Cluster cluster(without_rate_limit());
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

}  // namespace
}  // namespace talkbeat::scenario
