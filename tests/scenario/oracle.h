#pragma once

#include <map>
#include <string>

#include "tests/scenario/control.h"
#include "tests/scenario/environment.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {

/// What AddressSanitizer is told as it is, and to keep little of what was freed; and that nobody may ask for 64 MiB in
/// one piece, also where it is never touched: the process ends.
std::string lean_sanitizer();

/// A cluster of with_control() for a test of a row, under a sanitizer that keeps little of what the servers have freed,
/// so that memory can be judged.
///
///   RowCluster cluster({"client.idle_timeout=3s"});
class RowCluster : private Environment, public Cluster {
 public:
  explicit RowCluster(std::vector<std::string> settings = {}, int msg_servers = 1)
      : Environment("ASAN_OPTIONS", lean_sanitizer()), Cluster(with_control(std::move(settings), msg_servers)) {}
};

/// What the check of one password takes for as long as it lasts (password.memory), where a test logs somebody in.
inline constexpr long kPasswordCheckKib = 16 << 10;

/// How much memory a process has taken since this was made, at the worst moment: the kernel keeps that figure, so what
/// was freed again is in it. Throws where the kernel does not let us.
class PeakMemory {
 public:
  explicit PeakMemory(pid_t pid);
  long growth_kib() const;

 private:
  pid_t pid_;
  long all_kib_;
  long files_kib_;  // code that is run for the first time
};

/// What every row of tests/rows.txt asks of a server that is abused, beside what the row itself says: all processes
/// are the same ones as before; a control client on the same server is answered within 100 ms (99 % of the times);
/// memory is back where it was, but for 8 MiB, and descriptors are, within 30 s; and the connections that were closed,
/// with their reasons, are exactly those of the row.
///
/// Nothing here fails on a slow machine: what the machine takes away is not counted (machine_watch.h). AddressSanitizer
/// lays out and keeps memory in its own way: under it the bounds of memory are three times as wide; ThreadSanitizer's
/// are not judged.
///
///   RowCluster cluster;
///   Oracle oracle(cluster);
///   … abuse …
///   oracle.expect_unharmed({{"protocol_error", 16}});
class Oracle {
 public:
  explicit Oracle(const Cluster& cluster, milliseconds control_p99 = 100ms, const std::string& server = "msg_server_0");

  const Closings& closings() const { return closings_; }
  /// What the server has taken since the beginning is less than that, and was at every moment, also where it has given
  /// it back since.
  void expect_growth_below(long kib) const;
  const MachineWatch& machine() const { return control_.machine(); }

  /// Ends the measuring, with expectations about all of it. `closed`: reasons and numbers.
  void expect_unharmed(const std::map<std::string, size_t>& closed = {});

 private:
  void expect_same_processes() const;
  void expect_closed(const std::map<std::string, size_t>& closed) const;
  void expect_given_back() const;

  const Cluster& cluster_;
  const std::string server_;
  const milliseconds control_p99_;
  Control control_;
  Closings closings_;
  std::map<std::string, pid_t> pids_;
  long memory_kib_ = 0;
  PeakMemory peak_;
  size_t descriptors_ = 0;
};

/// What the process itself has taken of the memory, without its code, in KiB.
long anonymous_kib(pid_t pid);
/// In seconds, of all its threads.
double cpu_time(pid_t pid);

}  // namespace talkbeat::scenario
