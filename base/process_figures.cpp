#include "base/process_figures.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace talkbeat {
namespace {

constexpr const char* kDescriptors = "/proc/self/fd";

double max_descriptors() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double count_of_kernel() {
  struct stat directory {};
  return ::stat(kDescriptors, &directory) == 0 ? static_cast<double>(directory.st_size) : 0;
}

// Needs a descriptor itself: where none is left, that is the count.
std::optional<double> list_descriptors() {
  std::error_code error;
  double count = -1;  // the directory that is being read is open, too
  std::filesystem::directory_iterator entry(kDescriptors, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system) {
    return max_descriptors();
  }
  return error ? std::nullopt : std::optional(count);
}

FileHandle open_statm() {
  return FileHandle(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
}

double resident_bytes_in(const FileHandle& statm) {
  constexpr size_t kLongest = 256;  // seven numbers
  std::string text;
  if (read_fully(statm.get(), kLongest, 0, text) != 0) return 0;
  std::istringstream pages(text);
  double total = 0;
  double resident = 0;
  pages >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? seconds(usage.ru_utime) + seconds(usage.ru_stime) : 0;
}

}  // namespace

ProcessReader::ProcessReader() : ProcessReader(count_of_kernel) {}

ProcessReader::ProcessReader(DescriptorCount count) : count_(std::move(count)), statm_(open_statm()) {}

ProcessFigures ProcessReader::read(Tick now) {
  return {resident_bytes_in(statm_), open_descriptors(now), max_descriptors(), cpu_seconds()};
}

double ProcessReader::open_descriptors(Tick now) {
  if (const double count = count_(); count > 0) return count;
  if (now >= list_again_at_) {
    listed_ = list_descriptors().value_or(listed_);
    list_again_at_ = now + kListEveryMs;
  }
  return listed_;
}

double resident_bytes() {
  return resident_bytes_in(open_statm());
}

}  // namespace talkbeat
