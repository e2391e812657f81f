#include "tools/talkload/payload.h"

#include "base/check.h"

namespace talkbeat::load {

namespace {

constexpr std::byte kMark{'L'};
constexpr unsigned kFirstDigit = '0';
constexpr int kBitsPerDigit = 6;
constexpr unsigned kDigitMask = 63;

constexpr size_t kRunDigits = 4;
constexpr size_t kNumberDigits = 6;
constexpr size_t kTimeDigits = 11;
static_assert(1 + kRunDigits + 2 * kNumberDigits + kTimeDigits == kPayloadSize);

std::byte* put(std::byte* at, uint64_t value, size_t digits) {
  for (size_t i = 0; i < digits; ++i, value >>= kBitsPerDigit) {
    *at++ = static_cast<std::byte>(kFirstDigit + (value & kDigitMask));
  }
  return at;
}

// False: a character that is no digit.
bool get(const std::byte*& at, size_t digits, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < digits; ++i, ++at) {
    const unsigned digit = std::to_integer<unsigned>(*at) - kFirstDigit;
    if (digit > kDigitMask) return false;
    const auto shift = static_cast<int>(i) * kBitsPerDigit;
    if (shift < 64) value |= static_cast<uint64_t>(digit) << shift;
  }
  return true;
}

}  // namespace

void write_payload(const Payload& payload, std::span<std::byte> into) {
  CHECK(into.size() >= kPayloadSize);
  std::byte* at = into.data();
  *at++ = kMark;
  at = put(at, payload.run, kRunDigits);
  at = put(at, payload.sender, kNumberDigits);
  at = put(at, payload.number, kNumberDigits);
  put(at, payload.intended_ns, kTimeDigits);
}

std::optional<Payload> read_payload(std::span<const std::byte> text) {
  if (text.size() < kPayloadSize || text[0] != kMark) return std::nullopt;
  const std::byte* at = text.data() + 1;
  uint64_t run = 0;
  uint64_t sender = 0;
  uint64_t number = 0;
  uint64_t time = 0;
  if (!get(at, kRunDigits, run) || !get(at, kNumberDigits, sender) || !get(at, kNumberDigits, number) ||
      !get(at, kTimeDigits, time)) {
    return std::nullopt;
  }
  return Payload{static_cast<uint32_t>(run), static_cast<uint32_t>(sender), static_cast<uint32_t>(number), time};
}

}  // namespace talkbeat::load
