#pragma once

#include <array>

#include "base/metrics.h"
#include "msg_server/session_token.h"

namespace talkbeat {

/// What a login was decided by.
enum class LoginMethod : uint8_t { kPassword, kToken };

/// What became of it. The same word is the metric's label.
enum class LoginResult : uint8_t {
  kAccepted,
  kWrong,      ///< a wrong password, an unknown name, a forged token: counts as a guess
  kVoid,       ///< an authentic token that is good no more: expired, revoked, or of the other client class
  kDisabled,   ///< right, but the account is disabled
  kThrottled,  ///< not looked at: too many guesses before
  kBusy,       ///< not looked at: too much waits already, or the store failed
};

/// How many logins there were, by method and result, and what they cost: talkbeat_logins_total and
/// talkbeat_password_checks_total.
///
///   counts.add(LoginMethod::kToken, LoginResult::kAccepted);
class LoginCounts {
 public:
  explicit LoginCounts(Metrics& metrics);

  void add(LoginMethod method, LoginResult result) { logins_[index(method, result)].add(); }
  /// One more password goes to be checked, with all that Argon2id costs.
  void add_password_check() { password_checks_.add(); }

 private:
  static constexpr size_t kMethods = 2;
  static constexpr size_t kResults = 6;
  static size_t index(LoginMethod method, LoginResult result) {
    return static_cast<size_t>(method) * kResults + static_cast<size_t>(result);
  }

  std::array<Counter, kMethods * kResults> logins_;
  Counter password_checks_;
};

/// What only logins need. Owned by MsgServer; the loop's thread.
struct LoginParts {
  LoginParts(const ClusterKey& key, Metrics& metrics) : tokens(key), counts(metrics) {}

  SessionTokens tokens;
  LoginCounts counts;
};

}  // namespace talkbeat
