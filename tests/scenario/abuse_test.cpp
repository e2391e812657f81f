// Bytes that no client of ours would send, while a control client on the same server notices nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/scenario/control.h"
#include "tests/scenario/figures.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

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
      EXPECT_NO_THROW(last_words(stranger)) << "port " << port << ", " << size << " bytes";
    }
  }
  EXPECT_EQ(cluster.pid("login_server_0"), login_server);
  EXPECT_EQ(cluster.pid(kServer), msg_server);
  EXPECT_EQ(cluster.get("login_server_0", "/healthz").status, 200);
  EXPECT_EQ(cluster.get(kServer, "/readyz").status, 200);
  EXPECT_EQ(registered_servers(cluster), 1u);
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
