#include "msg_server/login_throttle.h"

#include <algorithm>

#include "base/address_counts.h"

namespace talkbeat {

namespace {

// Accounts and addresses share one table; a letter keeps them apart.
std::string key_of(char kind, std::string_view name) {
  std::string key(1, kind);
  return key.append(name);
}

std::string account_key(std::string_view account) {
  return key_of('u', account);
}

std::string address_key(std::string_view address) {
  return key_of('a', address_group(address));
}

}  // namespace

Tick LoginThrottle::wait_ms(std::string_view account, std::string_view address, Tick now) {
  return std::max(wait_of(account_key(account), limits_.failures_per_account, now), address_wait_ms(address, now));
}

void LoginThrottle::failed(std::string_view account, std::string_view address, Tick now) {
  count(account_key(account), now);
  address_failed(address, now);
}

Tick LoginThrottle::address_wait_ms(std::string_view address, Tick now) {
  return wait_of(address_key(address), limits_.failures_per_address, now);
}

void LoginThrottle::address_failed(std::string_view address, Tick now) {
  count(address_key(address), now);
}

void LoginThrottle::succeeded(std::string_view account) {
  entries_.erase(account_key(account));
}

// An entry whose time has passed is as good as none.
LoginThrottle::Entry* LoginThrottle::find(const std::string& key, Tick now) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  if (now - found->second.last_failure < limits_.forget_after_ms) return &found->second;
  entries_.erase(found);
  return nullptr;
}

Tick LoginThrottle::wait_of(const std::string& key, int64_t allowed, Tick now) {
  const Entry* entry = find(key, now);
  if (entry == nullptr || entry->failures < allowed) return 0;
  return entry->last_failure + limits_.forget_after_ms - now;
}

void LoginThrottle::count(std::string key, Tick now) {
  Entry* entry = find(key, now);
  if (entry == nullptr) {
    if (entries_.size() >= limits_.max_entries) entries_.erase(std::string(by_last_failure_.front().key));
    entry = &entries_[key];
    entry->key = std::move(key);
  }
  ++entry->failures;
  entry->last_failure = now;
  by_last_failure_.push_back(*entry);
}

}  // namespace talkbeat
