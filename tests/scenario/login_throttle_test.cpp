// What guessing passwords and flooding with logins costs the one who does it, and nobody else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/wire_password.h"
#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED;
using IM::BaseDefine::REFUSE_REASON_NO_DB_SERVER;
using IM::BaseDefine::REFUSE_REASON_NONE;
using IM::Login::IMLoginReq;
using IM::Login::IMLoginRes;

IMLoginReq login_of(const std::string& name, std::string_view password) {
  IMLoginReq request;
  request.set_user_name(name);
  request.set_password(wire_password(password));
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(kPc);
  return request;
}

struct Answer {
  IMLoginRes login;
  std::optional<TbError> error;  // where one came before it
};

Answer try_login(const Cluster& cluster, const std::string& name, std::string_view password) {
  WireClient client(cluster.client_port("msg_server_0"));
  Answer answer;
  answer.login = client.try_log_in(name, password);
  for (const Pdu& pdu : client.inbox()) {
    if (pdu.header.command_id == kCommandOf<TbError>) answer.error.emplace().ParseFromString(pdu.body);
  }
  if (answer.login.result_code() != REFUSE_REASON_NONE) client.expect_close();
  return answer;
}

void guess(const Cluster& cluster, const std::string& name, int times) {
  for (int i = 0; i < times; ++i) {
    const Answer answer = try_login(cluster, name, "guess");
    EXPECT_EQ(answer.login.result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
    EXPECT_FALSE(answer.error.has_value()) << name << ", guess " << i << ": " << answer.error->ShortDebugString();
  }
}

// Returns how long it says to wait. The words tell the same in seconds.
uint32_t expect_throttled(const Answer& answer, uint32_t at_most_ms) {
  EXPECT_EQ(answer.login.result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  if (!answer.error) throw Unexpected("no TbError before " + answer.login.ShortDebugString());
  EXPECT_EQ(answer.error->code(), ERROR_RATE_LIMITED);
  EXPECT_GT(answer.error->retry_after_ms(), 0u);
  EXPECT_LE(answer.error->retry_after_ms(), at_most_ms);
  const uint32_t seconds = (answer.error->retry_after_ms() + 999) / 1000;
  EXPECT_EQ(answer.login.result_string(), "too many failed logins: try again in " + std::to_string(seconds) + " s");
  return answer.error->retry_after_ms();
}

// A login from another address than all others of these tests: 127.0.0.2. Returns the answer's result_code.
int login_from_elsewhere(uint16_t port, const std::string& name) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = kPatience.count() / 1000, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string request = encode(login_of(name, kPassword), 1);
  std::string got(65536, '\0');
  ssize_t count = -1;
  if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) == 0 &&
      connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    count = recv(fd, got.data(), got.size(), 0);
  }
  close(fd);
  if (count < static_cast<ssize_t>(kPduHeaderSize)) throw Unexpected("no answer to a login from 127.0.0.2");
  IMLoginRes answer;
  got.resize(static_cast<size_t>(count));
  if (!answer.ParseFromString(got.substr(kPduHeaderSize))) throw Unexpected("no single IMLoginRes came");
  return answer.result_code();
}

TEST(LoginThrottle, an_account_that_is_guessed_at_is_closed_for_exactly_as_long_as_is_said) {
  ClusterOptions options;
  options.settings = {"password.failures_per_account=3", "password.failures_per_address=1000",
                      "password.forget_after=4s"};
  Cluster cluster(options);
  guess(cluster, "alice", 2);
  EXPECT_EQ(try_login(cluster, "alice", kPassword).login.result_code(), REFUSE_REASON_NONE);
  guess(cluster, "alice", 3);  // a success had begun the count anew

  expect_throttled(try_login(cluster, "alice", "guess"), 4'000);
  const uint32_t wait_ms = expect_throttled(try_login(cluster, "alice", kPassword), 4'000);
  const Deadline over(milliseconds{wait_ms});
  EXPECT_EQ(try_login(cluster, "bob", kPassword).login.result_code(), REFUSE_REASON_NONE) << "bob is not concerned";

  std::this_thread::sleep_for(over.left() + 5ms);
  EXPECT_EQ(try_login(cluster, "alice", kPassword).login.result_code(), REFUSE_REASON_NONE);
}

TEST(LoginThrottle, an_unknown_name_is_throttled_like_a_known_one) {
  ClusterOptions options;
  options.settings = {"password.failures_per_account=2", "password.failures_per_address=1000"};
  options.msg_servers = 1;
  Cluster cluster(options);
  guess(cluster, "nobody", 2);
  expect_throttled(try_login(cluster, "nobody", kPassword), 60'000);
}

TEST(LoginThrottle, an_address_that_guesses_is_closed_for_all_names_and_other_addresses_are_not) {
  ClusterOptions options;
  options.settings = {"password.failures_per_address=4"};
  options.msg_servers = 1;
  Cluster cluster(options);
  WireClient online(cluster.client_port("msg_server_0"));
  online.log_in("bob");
  for (const char* name : {"a", "b", "c", "d"}) guess(cluster, name, 1);
  const uint32_t wait_ms = expect_throttled(try_login(cluster, "alice", kPassword), 60'000);
  EXPECT_GT(wait_ms, 10'000u);
  online.sync();
  EXPECT_EQ(login_from_elsewhere(cluster.client_port("msg_server_0"), "alice"), REFUSE_REASON_NONE);
}

TEST(LoginThrottle, of_a_flood_of_logins_the_excess_is_told_to_come_back_and_nobody_else_waits) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.settings = {"password.workers=1", "password.max_queued=1", "password.operations=40",
                      "password.failures_per_address=1000"};
  Cluster cluster(options);
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");

  constexpr size_t kFlood = 20;
  std::vector<std::unique_ptr<WireClient>> flood;
  for (size_t i = 0; i < kFlood; ++i) {
    flood.push_back(std::make_unique<WireClient>(cluster.client_port("msg_server_0")));
  }
  for (size_t i = 0; i < kFlood; ++i) flood[i]->send(login_of("nobody " + std::to_string(i), "guess"));
  alice.sync();

  size_t checked = 0;
  size_t busy = 0;
  for (const auto& client : flood) {
    client->expect_close();
    const auto answer = client->expect<IMLoginRes>();
    if (answer.result_code() == REFUSE_REASON_DB_VALIDATE_FAILED) {
      ++checked;
      EXPECT_TRUE(client->inbox().empty());
      continue;
    }
    ++busy;
    EXPECT_EQ(answer.result_code(), REFUSE_REASON_NO_DB_SERVER);
    EXPECT_GT(client->expect_error(ERROR_BUSY).retry_after_ms(), 0u);
  }
  EXPECT_GE(checked, 1u);
  EXPECT_GE(busy, 1u);
  EXPECT_EQ(checked + busy, kFlood);
  EXPECT_EQ(try_login(cluster, "bob", kPassword).login.result_code(), REFUSE_REASON_NONE);
}

}  // namespace
}  // namespace talkbeat::scenario
