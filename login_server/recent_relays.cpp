#include "login_server/recent_relays.h"

namespace talkbeat::login {

void RecentRelays::forget_old(Tick now) {
  const auto too_much = [&] {
    return relays_.front().at + limits_.keep_ms <= now || relays_.size() > limits_.max_relays ||
           bytes_ > limits_.max_bytes;
  };
  while (!relays_.empty() && too_much()) forget_first();
}

// The first relay's number is the first one that each of its users has.
void RecentRelays::forget_first() {
  for (const uint32_t user : relays_.front().users) {
    const auto found = numbers_by_user_.find(user);
    found->second.pop_front();
    if (found->second.empty()) numbers_by_user_.erase(found);
  }
  bytes_ -= relays_.front().pdu.size();
  relays_.pop_front();
  ++first_number_;
}

}  // namespace talkbeat::login
