#include "msg_server/push/push_signature.h"

#include <sodium.h>

#include <array>

#include "base/private_file.h"

namespace talkbeat {

namespace {

std::string hex(const std::array<unsigned char, crypto_auth_hmacsha256_BYTES>& bytes) {
  std::array<char, 2 * crypto_auth_hmacsha256_BYTES + 1> text{};
  return ::sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
}

}  // namespace

Result<PushSecret> PushSecret::load(const std::string& path) {
  const Result<std::string> read = read_secret_file(path, kMaxSize + 2, "push gateway's key");
  if (!read.ok()) return Error{read.message()};
  std::string key = read.value();
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  if (key.size() < kMinSize || key.size() > kMaxSize || key.find('\n') != std::string::npos) {
    return Error{path + ": not a push gateway's key: one line of 16 to 1024 characters is expected"};
  }
  return PushSecret(std::move(key));
}

std::string PushSecret::sign(std::string_view body, int64_t unix_seconds) const {
  const std::string time = std::to_string(unix_seconds);
  crypto_auth_hmacsha256_state state;
  ::crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key_.data()), key_.size());
  for (const std::string_view part : {std::string_view(time), std::string_view("."), body}) {
    ::crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  ::crypto_auth_hmacsha256_final(&state, mac.data());
  return "t=" + time + ",v1=" + hex(mac);
}

}  // namespace talkbeat
