// A2: nobody learns from a refused login, or from how long it took, which accounts exist.
#include <algorithm>
#include <ctime>
#include <map>

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
  static constexpr int kRounds = 60;  // of four names: 240 attempts, up to 8 times
  static constexpr int kTries = 8;

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
  /// Tries each name `rounds` times, in turns, so that whatever slows the machine hits all alike. A name's time is the
  /// least that it ever took: on a busy machine all others are partly some other program's doing.
  void try_all(std::map<std::string, double>& least, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      for (auto& [name, time] : least) {
        const double begin = worked_ms();
        answer_to_guess(name);
        time = std::min(time, worked_ms() - begin);
      }
    }
  }
};

double spread(const std::map<std::string, double>& times) {
  const auto [least, most] = std::ranges::minmax_element(times, {}, [](const auto& time) { return time.second; });
  return most->second / least->second;
}

TEST_F(A2, a_refused_login_has_the_same_answer_and_takes_the_same_time_whether_there_is_such_an_account) {
  std::map<std::string, double> times;
  for (const char* name : {"known", "unknown", "disabled", "from_teamtalk"}) times[name] = 1e9;
  const std::string answer = answer_to_guess("known");
  for (const auto& [name, time] : times) EXPECT_EQ(answer_to_guess(name), answer) << name;
  // More tries take noise away, and never a difference that is there.
  for (int i = 0; i < kTries && (i == 0 || spread(times) > 1.05); ++i) try_all(times, kRounds);
  // A machine whose processors are taken away in between does not get there; a way without its hash is ten times
  // faster.
  EXPECT_LE(spread(times), 1.5) << testing::PrintToString(times);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
