#include "tools/client/password_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file_handle.h"

namespace talkbeat {

Result<std::string> read_password(const std::string& path) {
  constexpr size_t kMaxPassword = 1'024;
  const bool standard_input = path == "-";
  const FileHandle file(standard_input ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string line;
  // Byte by byte: what stands behind it is for somebody else.
  while (line.size() <= kMaxPassword) {
    char c = 0;
    const ssize_t got = file.valid() ? ::read(file.get(), &c, 1) : -1;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{"the password cannot be read from " + path + ": " + std::strerror(errno)};
    if (got == 0 || c == '\n') break;
    line += c;
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty() || line.size() > kMaxPassword) {
    return Error{path + ": its first line has to be the password, of 1 to 1024 bytes"};
  }
  return line;
}

}  // namespace talkbeat
