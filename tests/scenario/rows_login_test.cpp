// A1 and A3: what guessing and floods of logins cost. (A2 is in tests/unit/login_time_test.cpp; the throttle's own
// rules are in login_throttle_test.cpp.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/wire_password.h"
#include "tests/scenario/loop_lag.h"
#include "tests/scenario/oracle.h"
#include "tests/scenario/requests.h"
#include "tests/scenario/sockets.h"

namespace talkbeat::scenario {
namespace {

using IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED;
using IM::BaseDefine::REFUSE_REASON_NO_DB_SERVER;
using IM::Login::IMLoginRes;

double hashes(const Cluster& cluster) {
  return figure(cluster, kServer, "talkbeat_password_checks_total");
}

// Whether it was refused unseen; the answer is the same as that to a wrong password.
bool is_throttled(const Cluster& cluster, const std::string& name, std::string_view password) {
  WireClient guesser(cluster.client_port(kServer));
  EXPECT_EQ(guesser.try_log_in(name, password).result_code(), REFUSE_REASON_DB_VALIDATE_FAILED);
  guesser.expect_close();
  if (guesser.waiting<TbError>() == 0) return false;
  EXPECT_GT(guesser.expect_error(ERROR_RATE_LIMITED).retry_after_ms(), 0u);
  return true;
}

TEST(A1, of_1000_guesses_from_one_address_20_are_looked_at) {
  constexpr size_t kGuesses = 1'000;
  constexpr size_t kFailures = 20;
  RowCluster cluster({"password.forget_after=1h"});
  Oracle oracle(cluster);
  const double before = hashes(cluster);
  for (size_t i = 0; i < kGuesses; ++i) {
    // Names that are there and names that are not, each seldom enough for the account's own limit.
    const std::string name = i % 10 == 0 && i < kFailures ? "alice" : "guess " + std::to_string(i);
    EXPECT_EQ(is_throttled(cluster, name, "guess"), i >= kFailures) << "guess " << i;
  }
  EXPECT_TRUE(is_throttled(cluster, "bob", kPassword)) << "the right password would be an answer, too";
  EXPECT_EQ(hashes(cluster) - before, kFailures);
  oracle.expect_unharmed({{"login_refused", kGuesses + 1}});
}

IM::Login::IMLoginReq guess_of(const std::string& name) {
  IM::Login::IMLoginReq request;
  request.set_user_name(name);
  request.set_password(wire_password("guess"));
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(kPc);
  return request;
}

struct Answers {
  size_t checked = 0;
  size_t busy = 0;
};

Answers answers_to_a_flood(const Cluster& cluster, size_t logins) {
  std::vector<std::unique_ptr<WireClient>> flood;
  for (size_t i = 0; i < logins; ++i) flood.push_back(std::make_unique<WireClient>(cluster.client_port(kServer)));
  for (size_t i = 0; i < logins; ++i) flood[i]->send(guess_of("nobody " + std::to_string(i)));
  Answers answers;
  for (const auto& client : flood) {
    client->expect_close(3 * kPatience);
    const auto answer = client->expect<IMLoginRes>();
    if (answer.result_code() == REFUSE_REASON_DB_VALIDATE_FAILED) {
      ++answers.checked;
      continue;
    }
    ++answers.busy;
    EXPECT_EQ(answer.result_code(), REFUSE_REASON_NO_DB_SERVER);
    EXPECT_GT(client->expect_error(ERROR_BUSY).retry_after_ms(), 0u);
  }
  return answers;
}

TEST(A3, of_200_logins_at_once_the_queues_excess_is_told_to_come_back_and_the_loop_does_not_wait) {
  constexpr size_t kFlood = 200;
  constexpr size_t kQueue = 128;
  RowCluster cluster({"password.failures_per_address=1000", kReportsOften, "client.handshake_timeout=10m"});
  Oracle oracle(cluster);
  const double before = hashes(cluster);
  LoopLag lag(cluster, oracle.machine());
  const Answers answers = answers_to_a_flood(cluster, kFlood);
  EXPECT_LT(lag.worst_ms(), 20);
  EXPECT_GE(answers.checked, kQueue);
  EXPECT_GE(answers.busy, 1u);
  EXPECT_EQ(answers.checked + answers.busy, kFlood);
  EXPECT_EQ(hashes(cluster) - before, answers.checked);
  WireClient alice(cluster.client_port(kServer));
  alice.log_in("alice");
  leave(alice);
  oracle.expect_unharmed({{"logged_out", 1}, {"login_refused", kFlood}});
}

}  // namespace
}  // namespace talkbeat::scenario
