#pragma once

#include <map>
#include <string>

#include "tests/scenario/control.h"
#include "tests/scenario/environment.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {

/// What AddressSanitizer is told as it is, and to keep little of what was freed.
std::string lean_sanitizer();

/// A cluster of with_control() for a test of a row, under a sanitizer that keeps little of what the servers have freed,
/// so that memory can be judged.
///
///   RowCluster cluster({"client.idle_timeout=3s"});
class RowCluster : private Environment, public Cluster {
 public:
  explicit RowCluster(std::vector<std::string> settings = {})
      : Environment("ASAN_OPTIONS", lean_sanitizer()), Cluster(with_control(std::move(settings))) {}
};

/// What every row of tests/rows.txt asks of a server that is abused, beside what the row itself says: all processes
/// are the same ones as before; a control client on the same server is answered within 100 ms (99 % of the times);
/// memory is back where it was, but for 8 MiB, and descriptors are, within 30 s; and the connections that were closed,
/// with their reasons, are exactly those of the row.
///
/// Nothing here fails on a slow machine: where the control client was slower than that before, or where the machine
/// itself is while it measures (control.h), the limit is a multiple of that. AddressSanitizer lays out and keeps memory
/// in its own way: under it the bounds of memory are three times as wide; ThreadSanitizer's are not judged.
///
///   RowCluster cluster;
///   Oracle oracle(cluster);
///   … abuse …
///   oracle.expect_unharmed({{"protocol_error", 16}});
class Oracle {
 public:
  explicit Oracle(const Cluster& cluster, milliseconds control_p99 = 100ms, const std::string& server = "msg_server_0");

  const Closings& closings() const { return closings_; }
  /// What the server has taken since the beginning is less than that: now, and whenever this was asked to look.
  void look_at_memory();
  void expect_growth_below(long kib);
  /// `limit`, or more where the machine is slower than that.
  milliseconds allowed(milliseconds limit) { return control_.allowed(limit); }

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
  long most_kib_ = 0;
  size_t descriptors_ = 0;
};

/// What the process itself has taken of the memory, without its code, in KiB.
long anonymous_kib(pid_t pid);
/// In seconds, of all its threads.
double cpu_time(pid_t pid);

}  // namespace talkbeat::scenario
