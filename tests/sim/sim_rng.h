#pragma once

#include <cstring>

#include "base/clock.h"
#include "base/rng.h"

namespace talkbeat::sim {

/// The randomness of a simulation and of each process in it: splitmix64, since it is asked some hundred thousand times
/// a run. The same numbers for the same seed.
///
///   SimRng rng(seed);
///   if (rng.chance(0.3)) pause_for(rng.between(1'000, 60'000));
class SimRng final : public Rng {
 public:
  explicit SimRng(uint64_t seed) : state_(seed) {}

  void fill(std::span<std::byte> bytes) override {
    while (!bytes.empty()) {
      const uint64_t value = draw();
      const size_t count = bytes.size() < sizeof value ? bytes.size() : sizeof value;
      std::memcpy(bytes.data(), &value, count);
      bytes = bytes.subspan(count);
    }
  }

  uint64_t draw() {
    uint64_t value = state_ += 0x9E3779B97F4A7C15u;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
  }
  /// In [0, bound): a hair's breadth from uniform, which is all that a simulation needs. `bound` > 0.
  uint64_t pick(uint64_t bound) { return draw() % bound; }
  /// Both included.
  Tick between(Tick least, Tick most) {
    return least + static_cast<Tick>(pick(static_cast<uint64_t>(most - least) + 1));
  }
  bool chance(double probability) { return static_cast<double>(draw() >> 11) * 0x1.0p-53 < probability; }
  /// Around `mean`, from a tenth of it to thrice it.
  Tick about(Tick mean) { return between(mean / 10, mean) + (chance(0.4) ? between(0, 2 * mean) : 0); }
  /// A generator of its own, so that what it is asked changes nothing elsewhere.
  SimRng fork() { return SimRng(draw()); }

 private:
  uint64_t state_;
};

}  // namespace talkbeat::sim
