#include "tools/talkctl/http_call.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "tools/talkctl/admin_client.h"

namespace talkbeat {
namespace {

TEST(HttpCall, nobody_listening_is_not_reached) {
  const HttpOutcome outcome = http_call({"127.0.0.1", 1}, {.path = "/"});
  EXPECT_FALSE(outcome.reached);
  EXPECT_TRUE(outcome.nobody_listens);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.why, "");
  EXPECT_FALSE(ClusterFiles{.dir = "/nowhere"}.may_run("msg_server_0", outcome));
}

// What a server that hangs looks like once some have asked it in vain.
TEST(HttpCall, a_port_whose_queue_is_full_has_somebody_who_listens) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listener, raw, length), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, raw, &length), 0);
  std::array<int, 4> others{};
  for (int& other : others) {
    other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)::connect(other, raw, length);
  }
  const HttpOutcome outcome = http_call({"127.0.0.1", ntohs(address.sin_port)}, {.path = "/", .timeout_s = 1});
  EXPECT_FALSE(outcome.nobody_listens);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.why, "no answer");
  EXPECT_TRUE(ClusterFiles{.dir = "/nowhere"}.may_run("msg_server_0", outcome));
  for (const int other : others) ::close(other);
  ::close(listener);
}

TEST(UrlEncoded, leaves_nothing_that_a_path_would_be_cut_at) {
  EXPECT_EQ(url_encoded("alice-1_2.3"), "alice-1_2.3");
  EXPECT_EQ(url_encoded("a/b ?#%\xc3\xa9"), "a%2Fb%20%3F%23%25%C3%A9");
}

TEST(UserJson, is_an_id_behind_a_number_sign_and_else_a_name) {
  EXPECT_EQ(user_json("#17"), 17);
  EXPECT_EQ(user_json("alice"), "alice");
  EXPECT_EQ(user_json("17"), "17");
  EXPECT_EQ(user_json("#"), "#");
  EXPECT_EQ(user_json("#x1"), "#x1");
}

}  // namespace
}  // namespace talkbeat
