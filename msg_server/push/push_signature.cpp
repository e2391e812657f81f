#include "msg_server/push/push_signature.h"

#include <sodium.h>
#include <sys/stat.h>

#include <array>
#include <fstream>

namespace talkbeat {

namespace {

std::string hex(const std::array<unsigned char, crypto_auth_hmacsha256_BYTES>& bytes) {
  std::array<char, 2 * crypto_auth_hmacsha256_BYTES + 1> text{};
  return ::sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
}

}  // namespace

Result<PushSecret> PushSecret::load(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Error{path + ": there is no such file with the push gateway's key"};
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{path + ": others can read the push gateway's key; run chmod 600 " + path};
  }
  if (!S_ISREG(info.st_mode)) return Error{path + ": the push gateway's key has to be a regular file"};
  std::ifstream file(path);
  std::string key(kMaxSize + 2, '\0');
  file.read(key.data(), static_cast<std::streamsize>(key.size()));
  key.resize(static_cast<size_t>(file.gcount()));
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
