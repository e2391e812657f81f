#include "tests/scenario/oracle.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

namespace talkbeat::scenario {
namespace {

constexpr long kGivenBack = 8 << 10;  // KiB that may be missing
constexpr milliseconds kGivingBack = 30s;
// Space around each allocation, shadow memory, and freed memory that waits: measured, up to three times.
constexpr long kSanitizersShare = 3;

enum class Build : uint8_t { kPlain, kAddressSanitizer, kThreadSanitizer };

// A figure of /proc/PID/status, in KiB.
long status_kib(pid_t pid, const std::string& name) {
  const std::string status = contents("/proc/" + std::to_string(pid) + "/status");
  const size_t at = status.find("\n" + name + ":");
  if (at == std::string::npos) throw Unexpected("/proc tells no " + name);
  return std::stol(status.substr(at + name.size() + 2));
}

// Both sanitizers reserve terabytes of addresses; how much tells them apart from everything else, and the tests are
// built with the same one.
Build build_of(pid_t pid) {
  constexpr long kTerabyte = 1L << 30;
  if (status_kib(pid, "VmSize") < kTerabyte) return Build::kPlain;
#if defined(__SANITIZE_THREAD__)
  return Build::kThreadSanitizer;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
  return Build::kThreadSanitizer;
#endif
#endif
  return Build::kAddressSanitizer;
}

// No bound: nullopt.
std::optional<long> bound_for(pid_t pid, long kib) {
  switch (build_of(pid)) {
    case Build::kPlain:
      return kib;
    case Build::kAddressSanitizer:
      return kib * kSanitizersShare;
    case Build::kThreadSanitizer:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

PeakMemory::PeakMemory(pid_t pid)
    : pid_(pid), all_kib_(status_kib(pid, "VmRSS")), files_kib_(status_kib(pid, "RssFile")) {
  constexpr const char* kForgetThePeak = "5";
  std::ofstream file("/proc/" + std::to_string(pid) + "/clear_refs");
  if (!(file << kForgetThePeak << std::flush)) throw Unexpected("the kernel keeps the peak of memory to itself");
}

long PeakMemory::growth_kib() const {
  const long files = std::max(0L, status_kib(pid_, "RssFile") - files_kib_);
  return status_kib(pid_, "VmHWM") - all_kib_ - files;
}

long anonymous_kib(pid_t pid) {
  return status_kib(pid, "RssAnon");
}

double cpu_time(pid_t pid) {
  const std::string text = contents("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream fields(text.substr(text.rfind(") ") + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string lean_sanitizer() {
  const char* as_it_is = std::getenv("ASAN_OPTIONS");
  return (as_it_is == nullptr ? "" : std::string(as_it_is) + ":") +
         "quarantine_size_mb=2:thread_local_quarantine_size_kb=64:max_allocation_size_mb=64";
}

Oracle::Oracle(const Cluster& cluster, milliseconds control_p99, const std::string& server)
    : cluster_(cluster),
      server_(server),
      control_p99_(control_p99),
      control_(cluster, server),
      closings_(cluster, server),
      peak_(cluster.pid(server)) {
  control_.settle();
  for (const std::string& name : {std::string("login_server_0"), server_}) pids_[name] = cluster_.pid(name);
  memory_kib_ = anonymous_kib(pids_.at(server_));
  descriptors_ = cluster_.descriptors(server_);
  peak_ = PeakMemory(pids_.at(server_));
}

void Oracle::expect_growth_below(long kib) const {
  if (const auto bound = bound_for(pids_.at(server_), kib)) {
    EXPECT_LT(peak_.growth_kib(), *bound) << "KiB more, at the worst moment";
  }
}

void Oracle::expect_unharmed(const std::map<std::string, size_t>& closed) {
  control_.expect_unharmed(control_p99_);
  expect_same_processes();
  expect_closed(closed);
  expect_given_back();
}

void Oracle::expect_same_processes() const {
  for (const auto& [name, pid] : pids_) EXPECT_EQ(cluster_.pid(name), pid) << name << " has been started again";
}

void Oracle::expect_closed(const std::map<std::string, size_t>& closed) const {
  const Deadline deadline(kPatience);
  while (closings_.so_far() != closed && !deadline.passed()) std::this_thread::sleep_for(20ms);
  EXPECT_EQ(closings_.so_far(), closed);
}

void Oracle::expect_given_back() const {
  const pid_t pid = pids_.at(server_);
  const auto bound = bound_for(pid, kGivenBack);
  const auto memory_is_back = [&] { return !bound || anonymous_kib(pid) <= memory_kib_ + *bound; };
  const auto descriptors_are_back = [&] { return cluster_.descriptors(server_) <= descriptors_; };
  const Deadline deadline(kGivingBack);
  while (!(memory_is_back() && descriptors_are_back()) && !deadline.passed()) std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(memory_is_back()) << "KiB: " << memory_kib_ << " before, " << anonymous_kib(pid) << " after";
  EXPECT_TRUE(descriptors_are_back()) << descriptors_ << " before, " << cluster_.descriptors(server_) << " after";
}

}  // namespace talkbeat::scenario
