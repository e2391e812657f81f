#include "base/wire_password.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"

namespace talkbeat {

std::string wire_password(std::string_view typed) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  CHECK(EVP_Digest(typed.data(), typed.size(), digest.data(), &size, EVP_md5(), nullptr) == 1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace talkbeat
