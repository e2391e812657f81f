#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace talkbeat::login {

/// Who may still have places kept: whoever is sent to a msg_server counts there as if there already, for a while, and
/// asking costs nothing. So each address (of IPv6, each network of 64 bits) has a share of such places, and what it
/// asks for beyond keeps nobody else out. Counts in two windows of `window_ms`, the present one and the one before;
/// where more addresses ask than can be remembered, the further ones keep no places. A pure core.
///
///   const bool keep = reservations.take(peer.ip, now, 10'000, 1'000);
class Reservations {
 public:
  /// Whether one more place may be kept for this address, which has `share` of them in a window; counts it, if so.
  bool take(std::string_view ip, Tick now, Tick window_ms, size_t share);
  size_t addresses() const { return present_.size() + before_.size(); }

  /// In one window.
  static constexpr size_t kMaxAddresses = 100'000;

 private:
  using Counts = std::unordered_map<std::string, size_t>;

  void move_to(Tick now, Tick window_ms);

  Counts present_;
  Counts before_;
  Tick begun_at_ = 0;
};

}  // namespace talkbeat::login
