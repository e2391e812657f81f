#include "base/handshake_gate.h"

namespace talkbeat {

void HandshakeGate::set_limits(const HandshakeLimits& limits) {
  limits_ = limits;
  bucket_.set_limits(limits.rate, limits.rate);
}

// Nobody passes those that wait.
HandshakeGate::Entry HandshakeGate::enter(ConnId id, Tick now) {
  if (line_.empty() && admit(now)) return Entry::kGo;
  if (line_.size() >= limits_.waiting) return Entry::kFull;
  line_.push_back(id);
  return Entry::kWait;
}

bool HandshakeGate::admit(Tick now) {
  if (this_turn_ >= limits_.per_turn || !bucket_.take(now)) return false;
  ++this_turn_;
  ++begun_;
  return true;
}

}  // namespace talkbeat
