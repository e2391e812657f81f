#include "login_server/reservations.h"

#include <utility>

#include "base/address_counts.h"

namespace talkbeat::login {

void Reservations::move_to(Tick now, Tick window_ms) {
  const Tick age = now - begun_at_;
  if (age < window_ms) return;
  before_ = age < 2 * window_ms ? std::exchange(present_, {}) : Counts();
  present_.clear();
  begun_at_ = now;
}

bool Reservations::take(std::string_view ip, Tick now, Tick window_ms, size_t share) {
  move_to(now, window_ms);
  std::string group = address_group(ip);
  const auto before = before_.find(group);
  const auto present = present_.find(group);
  const size_t taken =
      (before == before_.end() ? 0 : before->second) + (present == present_.end() ? 0 : present->second);
  if (taken >= share) return false;
  if (present == present_.end() && present_.size() >= kMaxAddresses) return false;
  ++present_[std::move(group)];
  return true;
}

}  // namespace talkbeat::login
