#include "base/key_file.h"

#include <sodium.h>

#include "base/private_file.h"

namespace talkbeat {

namespace {

constexpr size_t kMaxFile = 4'096;

}  // namespace

Result<KeyBytes> load_key_file(const std::string& path, const std::string& what) {
  const Result<std::string> read = read_secret_file(path, kMaxFile, what, "tools/start.sh makes one");
  if (!read.ok()) return Error{read.message()};
  const std::string& text = read.value();
  KeyBytes key{};
  size_t size = 0;
  const char* end = nullptr;
  const int failed = ::sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), " \t\r\n", &size, &end);
  if (failed != 0 || size != key.size() || end != text.data() + text.size()) {
    return Error{path + ": not " + (what.starts_with("a") ? "an " : "a ") + what + ": 64 hex digits are expected"};
  }
  return key;
}

bool same_bytes(std::string_view left, std::string_view right) {
  return left.size() == right.size() && ::sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace talkbeat
