#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/address_counts.h"
#include "base/connection.h"
#include "base/token_bucket.h"

namespace talkbeat {

/// How many TLS handshakes a server takes on: each costs it a signature, a thousand times the work of a heartbeat, and
/// strangers ask for them.
struct HandshakeLimits {
  int per_turn = 8;        ///< of the loop: others wait no longer than for these
  int64_t rate = 500;      ///< a second, for long: bounds the processor's share
  size_t waiting = 5'000;  ///< one more is closed
};

/// Lets handshakes begin as the limits allow, the rest in the order of their coming. A pure core; owned by the
/// ConnectionTable.
///
///   if (gate.enter(id, ip, now) == HandshakeGate::Entry::kGo) channel.go_on();
///   gate.new_turn();
///   while (const auto id = gate.next(now, lives)) …   // those whose turn it is
class HandshakeGate {
 public:
  enum class Entry : uint8_t { kGo, kWait, kFull };

  explicit HandshakeGate(Tick now) : bucket_(HandshakeLimits().rate, HandshakeLimits().rate, now) {}

  void set_limits(const HandshakeLimits& limits);
  /// `ip`: whose. One address group (address_counts.h) has a tenth of the line's places, or 16; kFull past them.
  Entry enter(ConnId id, const std::string& ip, Tick now);
  void new_turn() { this_turn_ = 0; }
  /// Of those that wait; `lives(id)` tells whether one still does.
  template <class Lives>
  std::optional<ConnId> next(Tick now, Lives lives) {
    while (!line_.empty() && !lives(line_.front().id)) leave_line();
    if (line_.empty() || !admit(now)) return std::nullopt;
    const ConnId id = line_.front().id;
    leave_line();
    return id;
  }

  size_t waiting() const { return line_.size(); }
  uint64_t begun() const { return begun_; }
  /// How long until one of those that wait may go on.
  Tick wait_ms() const { return bucket_.wait_ms(); }

 private:
  struct Waiting {
    ConnId id;
    std::string ip;
  };

  bool admit(Tick now);
  void leave_line();

  HandshakeLimits limits_;
  TokenBucket bucket_;
  std::deque<Waiting> line_;
  AddressCounts in_line_;
  int this_turn_ = 0;
  uint64_t begun_ = 0;
};

}  // namespace talkbeat
