#include "tools/client/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/client/file_name.h"

namespace talkbeat {

Result<FileReader> FileReader::open(const std::filesystem::path& path) {
  const std::string shown = path.string();
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe without a writer does not hang
  if (!file.valid()) return Error{shown + ": " + std::strerror(errno)};
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Error{shown + ": " + std::strerror(errno)};
  if (S_ISDIR(status.st_mode)) return Error{shown + " is a directory; pack it into one file first"};
  if (!S_ISREG(status.st_mode)) return Error{shown + " is not an ordinary file"};
  if (status.st_size > off_t{UINT32_MAX}) return Error{shown + " is larger than 4 GiB, which cannot be sent"};
  FileReader reader(std::move(file), safe_file_name(path.filename().string()));
  reader.size_ = static_cast<uint32_t>(status.st_size);
  reader.changed_at_ = status.st_mtim;
  return reader;
}

Result<std::string> FileReader::read(uint32_t offset, uint32_t count) const {
  struct stat status {};
  const bool known = ::fstat(file_.get(), &status) == 0;
  const bool same = status.st_size == off_t{size_} && status.st_mtim.tv_sec == changed_at_.tv_sec &&
                    status.st_mtim.tv_nsec == changed_at_.tv_nsec;
  if (!known || !same) return Error{name_ + " has changed while it was being sent"};
  if (offset >= size_) return std::string();
  const size_t wanted = std::min(count, size_ - offset);
  std::string bytes;
  if (const int error = read_fully(file_.get(), wanted, off_t{offset}, bytes); error != 0) {
    return Error{name_ + ": " + std::strerror(error)};
  }
  if (bytes.size() < wanted) return Error{name_ + ": ended too early"};
  return bytes;
}

}  // namespace talkbeat
