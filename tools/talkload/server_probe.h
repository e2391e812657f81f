#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "tools/talkload/proc_files.h"

namespace talkbeat::load {

/// One server and what it was like over time. In a long run every second sample is dropped, again and again.
struct ServerSeries {
  std::string name;  // "msg_server_0"
  pid_t pid = 0;
  std::vector<ProcessSample> samples;
  bool ended = false;      // it was gone at the last sample
  bool restarted = false;  // another process took its place; CPU seconds go on from those of the one before
};

/// What a server used between two times.
struct ServerUse {
  std::string name;
  pid_t pid = 0;
  double seconds = 0;  // between the two samples that lie nearest to the times asked for
  double cpu_s = 0;
  double main_thread_s = 0;
  uint64_t rss_bytes = 0;  // at the end
  int64_t rss_growth = 0;  // since the first sample of all
  uint64_t peak_rss_bytes = 0;
  uint32_t threads = 0;  // at the end, as the descriptors
  uint32_t descriptors = 0;
  uint64_t voluntary_switches = 0;
  uint64_t involuntary_switches = 0;
  bool ended = false;
  bool restarted = false;
  std::map<std::string, uint64_t> syscalls;  // by name, over all the time that they were counted; empty: not asked for
};

/// Watches the servers of a local cluster from outside: DIR/login_server_*.pid and DIR/msg_server_*.pid say which
/// processes, /proc the rest. A server that is not there (any more) has no new samples; one that was started anew is
/// found again. Costs about 0.1 ms a server and sample. The parent's thread.
///
///   auto probe = ServerProbe::find(dir);
///   probe.value().sample(at_s);                             // about once a second; and when the measured part begins
///   probe.value().use(begin_s, end_s)                       // … and ends
class ServerProbe {
 public:
  /// Fails where DIR holds no pid file of a server that runs.
  static Result<ServerProbe> find(const std::string& dir, const std::string& proc = "/proc");

  void sample(double at_s);

  const std::vector<ServerSeries>& servers() const { return servers_; }
  const std::vector<SocketMemory>& sockets() const { return sockets_; }
  /// Each server, between the samples that lie nearest to these times.
  std::vector<ServerUse> use(double begin_s, double end_s) const;
  std::vector<pid_t> pids() const;

 private:
  struct Seen {
    double cpu_before_s = 0;  // of the processes that had this name before
    double main_before_s = 0;
    uint64_t first_rss_bytes = 0;
    uint64_t peak_rss_bytes = 0;
  };

  ServerProbe(std::string dir, std::string proc) : dir_(std::move(dir)), proc_(std::move(proc)) {}
  void sample(ServerSeries& server, Seen& seen, double at_s);
  void thin_out();

  std::string dir_;
  std::string proc_;
  std::vector<ServerSeries> servers_;
  std::vector<Seen> seen_;  // of each server
  std::vector<SocketMemory> sockets_;
};

/// Together: for CPU seconds per million, and RSS in all.
ServerUse sum(const std::vector<ServerUse>& servers);

/// CPU seconds for a million of what was done; 0 where nothing was.
double cpu_s_per_million(double cpu_s, uint64_t done);

}  // namespace talkbeat::load
