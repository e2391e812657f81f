#include "base/handshake_gate.h"

#include <algorithm>

namespace talkbeat {

namespace {

constexpr size_t kLeastShare = 16;

}  // namespace

void HandshakeGate::set_limits(const HandshakeLimits& limits) {
  limits_ = limits;
  bucket_.set_limits(limits.rate, limits.rate);
}

// Nobody passes those that wait.
HandshakeGate::Entry HandshakeGate::enter(ConnId id, const std::string& ip, Tick now) {
  if (line_.empty() && admit(now)) return Entry::kGo;
  if (line_.size() >= limits_.waiting || in_line_.of(ip) >= std::max(limits_.waiting / 10, kLeastShare)) {
    return Entry::kFull;
  }
  line_.push_back({id, ip});
  in_line_.add(ip);
  return Entry::kWait;
}

void HandshakeGate::leave_line() {
  in_line_.remove(line_.front().ip);
  line_.pop_front();
}

bool HandshakeGate::admit(Tick now) {
  if (this_turn_ >= limits_.per_turn || !bucket_.take(now)) return false;
  ++this_turn_;
  ++begun_;
  return true;
}

}  // namespace talkbeat
