#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/intrusive_list.h"

namespace talkbeat {

/// Slows down guessing of passwords: after so many failures for one account, or from one address, every further try is
/// refused without looking at the password until some time without a failure has passed. Bounded: the entries that were
/// touched longest ago make room. All addresses of an IPv6 network count as one (address_group). A pure core.
///
///   if (const Tick wait = throttle.wait_ms(name, ip, now)) return refuse(wait);
///   … wrong password: throttle.failed(name, ip, now); right: throttle.succeeded(name);
class LoginThrottle {
 public:
  struct Limits {
    int64_t failures_per_account = 10;
    int64_t failures_per_address = 20;
    Tick forget_after_ms = 60'000;  ///< without a failure for this long, the count begins anew
    size_t max_entries = 100'000;
  };

  explicit LoginThrottle(const Limits& limits) : limits_(limits) {}

  /// How long this try has to wait; 0: it may be made.
  Tick wait_ms(std::string_view account, std::string_view address, Tick now);
  void failed(std::string_view account, std::string_view address, Tick now);
  /// As wait_ms() and failed(), for tries at what is no account: the address alone counts.
  Tick address_wait_ms(std::string_view address, Tick now);
  void address_failed(std::string_view address, Tick now);
  /// Clears the account's count, not the address's: else one own account would buy tries on all others.
  void succeeded(std::string_view account);
  void set_limits(const Limits& limits) { limits_ = limits; }
  size_t entries() const { return entries_.size(); }

 private:
  struct Entry : ListNode<Entry> {
    std::string key;
    int64_t failures = 0;
    Tick last_failure = 0;
  };

  Entry* find(const std::string& key, Tick now);
  Tick wait_of(const std::string& key, int64_t allowed, Tick now);
  void count(std::string key, Tick now);

  Limits limits_;
  std::unordered_map<std::string, Entry> entries_;
  IntrusiveList<Entry, Entry> by_last_failure_;
};

}  // namespace talkbeat
