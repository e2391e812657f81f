#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "base/buffer.h"
#include "base/clock.h"
#include "login_server/server_registry.h"

namespace talkbeat::login {

/// The messages that were relayed a moment ago, by the users they are for. A relay and the news of its
/// receiver's login come over different links: where the relay is read first, it finds nobody, and the receiver may
/// have asked for what it missed before the message was stored. So a user who comes online gets what was relayed
/// lately as well; msg_servers deliver each message once, however often it comes. Bounded in time and number. A
/// pure core.
///
///   recent.add(now, from, relay.user_ids(), pdu);
///   recent.for_each(user, now, [&](ServerId from, const SharedBytes& pdu) { … });   // when the user comes online
class RecentRelays {
 public:
  struct Limits {
    Tick keep_ms = 30'000;  ///< a link that is later than this is closed for silence, and a sweep follows
    size_t max_relays = 10'000;
    size_t max_bytes = 16 << 20;
  };

  explicit RecentRelays(const Limits& limits) : limits_(limits) {}

  template <class Users>
  void add(Tick now, ServerId from, const Users& users, const SharedBytes& pdu);
  /// Calls `visit(from, pdu)` for those that name the user, oldest first.
  template <class Visit>
  void for_each(uint32_t user, Tick now, Visit visit);
  size_t size() const { return relays_.size(); }

 private:
  struct Relay {
    Tick at;
    ServerId from;
    std::vector<uint32_t> users;
    SharedBytes pdu;
  };

  void forget_old(Tick now);
  void forget_first();

  Limits limits_;
  std::deque<Relay> relays_;
  uint64_t first_number_ = 0;  // of relays_.front()
  size_t bytes_ = 0;
  std::unordered_map<uint32_t, std::deque<uint64_t>> numbers_by_user_;
};

template <class Users>
void RecentRelays::add(Tick now, ServerId from, const Users& users, const SharedBytes& pdu) {
  const uint64_t number = first_number_ + relays_.size();
  relays_.push_back({now, from, {users.begin(), users.end()}, pdu});
  bytes_ += pdu.size();
  for (const uint32_t user : relays_.back().users) numbers_by_user_[user].push_back(number);
  forget_old(now);
}

template <class Visit>
void RecentRelays::for_each(uint32_t user, Tick now, Visit visit) {
  forget_old(now);
  const auto found = numbers_by_user_.find(user);
  if (found == numbers_by_user_.end()) return;
  for (const uint64_t number : found->second) {
    const Relay& relay = relays_[number - first_number_];
    visit(relay.from, relay.pdu);
  }
}

}  // namespace talkbeat::login
