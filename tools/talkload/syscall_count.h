#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace talkbeat::load {

/// Calls by name: {"recvfrom", 1200}.
using SyscallCounts = std::map<std::string, uint64_t>;

/// Counts the system calls of other processes while they work, with `perf trace -s` or else `strace -c -f`, whichever
/// is installed and allowed. The tools slow the watched down (strace many times): take no CPU figures from such a run.
/// Ends the tools when it goes. The parent's thread.
///
///   auto count = SyscallCount::start(probe.pids());
///   …
///   std::map<pid_t, SyscallCounts> calls = count.value().finish();
class SyscallCount {
 public:
  /// Fails where neither tool is installed, or none may look at these processes; the message says what to do.
  static Result<SyscallCount> start(const std::vector<pid_t>& watched);
  SyscallCount(SyscallCount&& other) noexcept;
  SyscallCount& operator=(SyscallCount&& other) noexcept;
  ~SyscallCount();

  /// Ends counting, and tells what each process did; a process whose figures cannot be read has none.
  std::map<pid_t, SyscallCounts> finish();
  /// "perf trace" or "strace", for the report.
  const std::string& tool() const { return tool_; }

 private:
  struct Watcher {
    pid_t watched = 0;
    pid_t tool = 0;
    std::string output_path;
  };

  SyscallCount() = default;
  Status watch(const std::vector<pid_t>& watched);
  void end_tools();
  void end();

  std::string tool_;
  std::vector<Watcher> watchers_;
};

/// What the tools print. Lines that are something else are left out. Pure.
SyscallCounts parse_perf_trace(std::string_view text);
SyscallCounts parse_strace(std::string_view text);

}  // namespace talkbeat::load
