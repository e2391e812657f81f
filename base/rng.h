#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

namespace talkbeat {

/// The seam to randomness: keys, challenges, epochs, jitter. SystemRng in production, SeededRng in simulations.
class Rng {
 public:
  virtual ~Rng() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;

  uint64_t next();
  /// Uniform in [0, bound); 0 where bound is 0.
  uint64_t below(uint64_t bound);
};

/// The kernel's, through libsodium: fit for keys.
class SystemRng final : public Rng {
 public:
  void fill(std::span<std::byte> bytes) override;
};

/// The same numbers for the same seed. Never for anything that must be secret.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::byte> bytes) override;

 private:
  std::mt19937_64 engine_;
};

}  // namespace talkbeat
