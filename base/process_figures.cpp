#include "base/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace talkbeat {
namespace {

double open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator directory("/proc/self/fd", error);
  if (error) return 0;
  // The directory that is being read is open, too.
  return static_cast<double>(std::distance(begin(directory), end(directory)) - 1);
}

double max_descriptors() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? seconds(usage.ru_utime) + seconds(usage.ru_stime) : 0;
}

}  // namespace

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

ProcessFigures read_process_figures() {
  return {resident_bytes(), open_descriptors(), max_descriptors(), cpu_seconds()};
}

}  // namespace talkbeat
