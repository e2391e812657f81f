#include "base/rng.h"

#include <sodium.h>

namespace talkbeat {

uint64_t Rng::next() {
  uint64_t value = 0;
  fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

uint64_t Rng::below(uint64_t bound) {
  if (bound == 0) return 0;
  // Values past the last whole multiple of bound would make small results likelier.
  const uint64_t unfair = UINT64_MAX - UINT64_MAX % bound;
  uint64_t value = next();
  while (value >= unfair) value = next();
  return value % bound;
}

void SystemRng::fill(std::span<std::byte> bytes) {
  randombytes_buf(bytes.data(), bytes.size());
}

void SeededRng::fill(std::span<std::byte> bytes) {
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(engine_() & 0xff);
}

}  // namespace talkbeat
