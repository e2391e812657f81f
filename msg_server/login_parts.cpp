#include "msg_server/login_parts.h"

namespace talkbeat {

namespace {

constexpr std::array kMethodNames{"password", "token"};
constexpr std::array kResultNames{"accepted", "wrong", "void", "disabled", "throttled", "busy"};

}  // namespace

LoginCounts::LoginCounts(Metrics& metrics) {
  static_assert(kMethodNames.size() == kMethods && kResultNames.size() == kResults);
  for (size_t method = 0; method < kMethods; ++method) {
    for (size_t result = 0; result < kResults; ++result) {
      logins_[method * kResults + result] =
          metrics.counter("talkbeat_logins_total", "Logins, by what decided them and what became of them.",
                          {{"method", kMethodNames[method]}, {"result", kResultNames[result]}});
    }
  }
  password_checks_ = metrics.counter("talkbeat_password_checks_total", "Passwords checked with Argon2id.");
}

}  // namespace talkbeat
