#include "login_server/image_store.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/file_handle.h"

namespace talkbeat::login {

namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;
constexpr uint64_t kBytesPerInode = 1 << 20;  // of min_free: tiny images use up the inodes first

int make_bucket(const std::string& path, const std::string& parent) {
  if (::mkdir(path.c_str(), kDirectoryMode) != 0) return errno == EEXIST ? 0 : errno;
  return sync_directory(parent);
}

ImageStore::Outcome outcome_of(int error) {
  if (error == 0) return ImageStore::Outcome::kStored;
  return says_no_room(error) ? ImageStore::Outcome::kNoSpace : ImageStore::Outcome::kFailed;
}

// Counts as sent now. False: is not there whole.
bool renew(const std::string& path, size_t size) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || status.st_size != static_cast<off_t>(size)) return false;
  return ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0;
}

/// Calls visit(path, status) for each regular file of a directory.
template <class Visit>
void for_each_file(const std::string& directory, Visit visit) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string path = at->path().string();
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) visit(path, status);
  }
}

}  // namespace

ImageStore::ImageStore(std::string directory, const std::string& owner, uint64_t min_free)
    : directory_(std::move(directory)), owner_(owner), min_free_(min_free) {
  const auto is_odd = [](char c) { return c == '/' || c == '.' || c == '\0'; };
  std::ranges::replace_if(owner_, is_odd, '_');
}

Status ImageStore::prepare() const {
  for (const char* part : {"/g0", "/tmp"}) {
    std::error_code error;
    std::filesystem::create_directories(directory_ + part, error);
    if (error) return Error{"images.directory: " + directory_ + part + ": " + error.message()};
    if (::access((directory_ + part).c_str(), W_OK | X_OK) != 0) {
      return Error{"images.directory: " + directory_ + part + ": " + std::strerror(errno)};
    }
  }
  const std::string mine = directory_ + "/tmp/" + owner_ + ".";
  for_each_file(directory_ + "/tmp", [&mine](const std::string& path, const struct stat&) {
    if (path.starts_with(mine)) ::unlink(path.c_str());
  });
  return {};
}

std::string ImageStore::temporary() const {
  std::array<unsigned char, 12> random;
  randombytes_buf(random.data(), random.size());
  std::array<char, 2 * random.size() + 1> digits;
  sodium_bin2hex(digits.data(), digits.size(), random.data(), random.size());
  return directory_ + "/tmp/" + owner_ + "." + digits.data();
}

// 0, ENOSPC, or why it cannot be told. Uploads that are written at the same time may take one image each beyond it.
int ImageStore::check_room(size_t size) const {
  struct statvfs disk {};
  if (::statvfs(directory_.c_str(), &disk) != 0) return errno;
  const uint64_t free_bytes = uint64_t{disk.f_bavail} * disk.f_frsize;
  const bool counts_inodes = disk.f_files != 0;
  if (free_bytes < min_free_ + size) return ENOSPC;
  return counts_inodes && disk.f_favail < min_free_ / kBytesPerInode ? ENOSPC : 0;
}

int ImageStore::write_new(const std::string& path, std::string_view content) const {
  const std::string half_written = temporary();
  FileHandle file(::open(half_written.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!file.valid()) return errno;
  int error = write_fully(file.get(), content, 0);
  if (error == 0 && ::fsync(file.get()) != 0) error = errno;
  if (const int late = file.close(); error == 0) error = late;
  if (error == 0 && ::rename(half_written.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(half_written.c_str());
  return error;
}

ImageStore::Put ImageStore::put(std::string_view content, ImageType type) const {
  Put result{.name = ImageName::of(content, type)};
  const std::string path = full(result.name);
  if (renew(path, content.size())) {
    result.outcome = Outcome::kDuplicate;
    return result;
  }
  const std::string bucket = directory_ + "/" + bucket_path(result.name.bucket());
  int error = check_room(content.size());
  if (error == 0) error = make_bucket(bucket, directory_ + "/g0");
  if (error == 0) error = write_new(path, content);
  if (error == 0) error = sync_directory(bucket);
  result.outcome = outcome_of(error);
  if (error != 0) result.error = std::strerror(error);
  return result;
}

std::optional<uint64_t> ImageStore::size_of(const ImageName& name) const {
  struct stat status {};
  if (::stat(full(name).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(status.st_size);
}

std::string ImageStore::read(const ImageName& name, uint64_t offset, size_t count) const {
  const FileHandle file(::open(full(name).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  std::string content;
  if (!file.valid() || read_fully(file.get(), count, static_cast<off_t>(offset), content) != 0) return {};
  return content;
}

// Taken out of everybody's sight first: one that was sent again at the last moment goes back, and one that is sent
// again later is written anew.
bool ImageStore::expire(const std::string& path, int64_t expire_before) const {
  const std::string aside = temporary();
  if (::rename(path.c_str(), aside.c_str()) != 0) return false;
  struct stat status {};
  if (::stat(aside.c_str(), &status) == 0 && status.st_mtime >= expire_before) {
    ::rename(aside.c_str(), path.c_str());
    return false;
  }
  return ::unlink(aside.c_str()) == 0;
}

ImageStore::Swept ImageStore::sweep(int bucket, int64_t expire_before) const {
  Swept swept;
  for_each_file(directory_ + "/" + bucket_path(bucket), [&](const std::string& path, const struct stat& status) {
    if (status.st_mtime < expire_before && expire(path, expire_before)) {
      ++swept.expired;
    } else {
      ++swept.files;
      swept.bytes += static_cast<uint64_t>(status.st_size);
    }
  });
  return swept;
}

void ImageStore::sweep_leftovers(int64_t unix_seconds) const {
  for_each_file(directory_ + "/tmp", [unix_seconds](const std::string& path, const struct stat& status) {
    if (status.st_mtime < unix_seconds - kLeftoverSeconds) ::unlink(path.c_str());
  });
}

}  // namespace talkbeat::login
