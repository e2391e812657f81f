#include "tools/client/file_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tools/client/file_name.h"

namespace talkbeat {

namespace {

constexpr int kMaxNumber = 9'999;

// Without taking a name that exists; 0, or the errno. Some file systems know no exclusive rename, some no links.
int rename_exclusively(int directory, const std::string& from, const std::string& to) {
  if (::renameat2(directory, from.c_str(), directory, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::linkat(directory, from.c_str(), directory, to.c_str(), 0) != 0) return errno;
  ::unlinkat(directory, from.c_str(), 0);
  return 0;
}

}  // namespace

Result<FileWriter> FileWriter::open(const std::filesystem::path& directory, const FileOffer& offer) {
  FileHandle place(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!place.valid()) return Error{directory.string() + ": " + std::strerror(errno)};
  const std::string name = safe_file_name(offer.name);
  FileWriter writer(std::move(place), name, part_file_name(name, offer.task_id), offer.size);
  if (const Status begun = writer.begin(); !begun.ok()) return Error{begun.message()};
  return writer;
}

// What is in the place of the part and is not one (a link, a device) is not followed and not written to.
Status FileWriter::begin() {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  file_ = FileHandle(::openat(directory_.get(), part_.c_str(), kFlags, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH));
  if (!file_.valid()) return Error{part_ + ": " + std::strerror(errno)};
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) return Error{name_ + " is being received by another talkchat"};
  struct stat status {};
  if (Status known = check("its state", ::fstat(file_.get(), &status)); !known.ok()) return known;
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1) return Error{part_ + " is in the way"};
  if (status.st_size > off_t{expected_}) {
    if (Status empty = check("emptying", ::ftruncate(file_.get(), 0)); !empty.ok()) return empty;
  } else {
    size_ = static_cast<uint32_t>(status.st_size);
  }
  return {};
}

Status FileWriter::check(const char* what, int outcome) const {
  if (outcome == 0) return {};
  return Error{part_ + ": " + what + ": " + std::strerror(errno)};
}

Status FileWriter::write(uint32_t offset, std::string_view bytes) {
  if (offset != size_ || bytes.size() > expected_ - size_) return Error{"the server sent what was not asked for"};
  size_t written = 0;
  const int error = write_fully(file_.get(), bytes, off_t{size_}, &written);
  size_ += static_cast<uint32_t>(written);
  if (error != 0) return Error{part_ + ": " + std::strerror(error)};
  return {};
}

Result<std::string> FileWriter::finish() {
  if (size_ != expected_) return Error{name_ + ": bytes are missing"};
  if (const Status safe = check("writing", ::fsync(file_.get())); !safe.ok()) return Error{safe.message()};
  for (int number = 0; number <= kMaxNumber; ++number) {
    std::string name = numbered_file_name(name_, number);
    const int error = rename_exclusively(directory_.get(), part_, name);
    if (error == 0) {
      ::fsync(directory_.get());
      return name;
    }
    if (error != EEXIST) return Error{name + ": " + std::strerror(error)};
  }
  return Error{"there are too many files called " + name_};
}

void FileWriter::discard() {
  ::unlinkat(directory_.get(), part_.c_str(), 0);
}

}  // namespace talkbeat
