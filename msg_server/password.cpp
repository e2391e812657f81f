#include "msg_server/password.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace talkbeat {

namespace {

// Once a process; libsodium makes it safe to be called again, and from any thread.
void initialise() {
  CHECK(sodium_init() >= 0);
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

bool verify_password(std::string_view hash, std::string_view secret) {
  initialise();
  // libsodium wants a terminated string, and reads no more than crypto_pwhash_STRBYTES of it.
  std::array<char, crypto_pwhash_STRBYTES> terminated{};
  if (hash.size() >= terminated.size()) return false;
  std::ranges::copy(hash, terminated.begin());
  return crypto_pwhash_str_verify(terminated.data(), secret.data(), secret.size()) == 0;
}

}  // namespace talkbeat
