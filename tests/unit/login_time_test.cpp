// A2: nobody learns from a refused login, or from how long it took, which accounts exist.
#include <algorithm>
#include <ctime>
#include <map>
#include <numeric>
#include <vector>

#include "base/wire_password.h"
#include "tests/unit/msg_server_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

/// What this thread has worked, which is all of a login here: other programs on the machine do not count.
double worked_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

class A2 : public MsgServerTest {
 protected:
  // Cheaper than in production, and so much that a difference elsewhere of 5 % of it would be seen.
  static constexpr PasswordCost kCost{.operations = 2, .memory_bytes = 8 << 20};
  static constexpr size_t kRounds = 250;  // of four names: the 1,000 attempts
  static constexpr size_t kMostRounds = 1'000;

  A2() {
    config.password.cost = kCost;
    decoy = hash_password("nobody", kCost);
    throttle.set_limits({.failures_per_account = 1'000'000, .failures_per_address = 1'000'000});
    take_over(1, "known", hash_password("secret", kCost), false);
    take_over(2, "disabled", hash_password("secret", kCost), true);
    take_over(3, "from_teamtalk", *teamtalk_hash(wire_password("secret1234"), "1234"), false);
  }
  void take_over(UserId id, const std::string& name, const std::string& hash, bool disabled) {
    ASSERT_TRUE(database->begin_batch().ok());
    ImportedUser user;
    user.profile.id = id;
    user.profile.name = user.profile.nick = name;
    user.profile.disabled = disabled;
    user.profile.updated_at = 1;
    user.password_hash = hash;
    ASSERT_TRUE(database->import_user(user).ok());
    ASSERT_TRUE(database->commit_batch().ok());
  }
  std::string answer_to_guess(const std::string& name) {
    const auto client = connect();
    client->send(login(name, CLIENT_TYPE_WINDOWS, "guess"));
    const auto answer = expect<IMLoginRes>(*client);
    expect_end(*client);
    return answer.SerializeAsString();
  }
  /// Tries each name once, and what each took goes into `shares` as a part of what all took: what slows the machine for
  /// a while slows all of them.
  void try_all(std::map<std::string, std::vector<double>>& shares) {
    std::vector<double> took;
    for (const auto& [name, share] : shares) {
      const double begin = worked_ms();
      answer_to_guess(name);
      took.push_back(worked_ms() - begin);
    }
    const double all = std::accumulate(took.begin(), took.end(), 0.0);
    for (size_t i = 0; auto& [name, share] : shares) share.push_back(took[i++] / all);
  }
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// The slowest name's median, as a multiple of the fastest one's.
double spread(const std::map<std::string, std::vector<double>>& shares) {
  std::vector<double> medians;
  for (const auto& [name, share] : shares) medians.push_back(median(share));
  const auto [least, most] = std::ranges::minmax(medians);
  return most / least;
}

TEST_F(A2, a_refused_login_has_the_same_answer_and_takes_the_same_time_whether_there_is_such_an_account) {
  std::map<std::string, std::vector<double>> shares;
  for (const char* name : {"known", "unknown", "disabled", "from_teamtalk"}) shares[name];
  const std::string answer = answer_to_guess("known");
  for (const auto& [name, share] : shares) EXPECT_EQ(answer_to_guess(name), answer) << name;
  // More rounds take noise away, and never a difference that is there. Few looks: else one of them would be lucky.
  for (size_t rounds = kRounds; rounds <= kMostRounds; rounds *= 2) {
    while (shares["known"].size() < rounds) try_all(shares);
    if (spread(shares) <= 1.05) break;
  }
  EXPECT_LE(spread(shares), 1.05);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
