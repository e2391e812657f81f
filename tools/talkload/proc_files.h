#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace talkbeat::load {

/// What the kernel says of one process at one time.
struct ProcessSample {
  double at_s = 0;           // since the run began
  double cpu_s = 0;          // user and system, since the process began
  double main_thread_s = 0;  // the event loop's part of it
  uint64_t rss_bytes = 0;
  uint32_t threads = 0;
  uint32_t descriptors = 0;
  uint64_t voluntary_switches = 0;  // all threads, since the process began
  uint64_t involuntary_switches = 0;
};

/// What all sockets of the machine take.
struct SocketMemory {
  double at_s = 0;  // since the run began
  uint64_t tcp_sockets = 0;
  uint64_t tcp_bytes = 0;
};

// Files of /proc, read where `proc` says: tests bring their own. Stateless; at_s is left to the caller.

/// The process that DIR/NAME.pid names, if it is there and, where DIR/NAME.start says when it began, is still that one.
std::optional<pid_t> running_server(const std::string& proc, const std::string& dir, const std::string& name);

/// Nothing where there is no such process (any more).
std::optional<ProcessSample> read_process(const std::string& proc, pid_t pid);

/// Zeros where it cannot be read.
SocketMemory read_socket_memory(const std::string& proc);

}  // namespace talkbeat::load
