#include "msg_server/password.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/wire_password.h"

namespace talkbeat {

namespace {

// Once a process; libsodium makes it safe to be called again, and from any thread.
void initialise() {
  CHECK(sodium_init() >= 0);
}

constexpr std::string_view kTeamTalk = "$teamtalk$";
constexpr size_t kMd5Digits = 32;
constexpr std::string_view kDigits = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

/// Nothing where it is no hexadecimal text.
std::optional<std::string> from_hex(std::string_view hex) {
  std::string bytes;
  if (hex.size() % 2 != 0) return std::nullopt;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const size_t high = kDigits.find(hex[i]);
    const size_t low = kDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

bool verify_teamtalk(std::string_view hash, std::string_view secret) {
  hash.remove_prefix(kTeamTalk.size());
  const size_t end = hash.find('$');
  if (end == std::string_view::npos || hash.size() - end - 1 != kMd5Digits) return false;
  const auto salt = from_hex(hash.substr(0, end));
  if (!salt) return false;
  const std::string digest = wire_password(std::string(secret) + *salt);
  return sodium_memcmp(digest.data(), hash.substr(end + 1).data(), kMd5Digits) == 0;
}

}  // namespace

std::string hash_password(std::string_view secret, const PasswordCost& cost) {
  initialise();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), secret.data(), secret.size(), cost.operations, cost.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return {};
  }
  return hash.data();
}

std::optional<std::string> teamtalk_hash(std::string_view md5, std::string_view salt) {
  std::string lower(md5);
  for (char& digit : lower) {
    if (digit >= 'A' && digit <= 'F') digit = static_cast<char>(digit - 'A' + 'a');
  }
  if (lower.size() != kMd5Digits || !from_hex(lower)) return std::nullopt;
  return std::string(kTeamTalk) + to_hex(salt) + "$" + lower;
}

bool verify_password(std::string_view hash, std::string_view secret) {
  initialise();
  if (hash.starts_with(kTeamTalk)) return verify_teamtalk(hash, secret);
  // libsodium wants a terminated string, and reads no more than crypto_pwhash_STRBYTES of it.
  std::array<char, crypto_pwhash_STRBYTES> terminated{};
  if (hash.size() >= terminated.size()) return false;
  std::ranges::copy(hash, terminated.begin());
  return crypto_pwhash_str_verify(terminated.data(), secret.data(), secret.size()) == 0;
}

PasswordCheck check_login_password(std::string_view hash, std::string_view secret, std::string_view decoy,
                                   const PasswordCost& cost) {
  const bool right = verify_password(hash, secret);
  if (hash.starts_with("$argon2")) return {right, {}};
  if (right) return {true, hash_password(secret, cost)};
  (void)verify_password(decoy, secret);
  return {};
}

}  // namespace talkbeat
