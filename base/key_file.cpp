#include "base/key_file.h"

#include <sodium.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace talkbeat {

namespace {

constexpr std::streamsize kMaxFile = 4'096;

}  // namespace

Result<KeyBytes> load_key_file(const std::string& path, const std::string& what) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Error{path + ": there is no such key file; tools/start.sh makes one"};
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{path + ": others can read the " + what + "; run chmod 600 " + path};
  }
  if (!S_ISREG(info.st_mode)) return Error{path + ": the " + what + " has to be a regular file"};
  std::ifstream file(path);
  std::string text(kMaxFile, '\0');
  file.read(text.data(), kMaxFile);
  text.resize(static_cast<size_t>(file.gcount()));
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
