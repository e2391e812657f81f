#pragma once

#include <sys/types.h>

#include <string>

namespace talkbeat::scenario {

/// One thread of a running process that does nothing from constructor to destructor, as one does that waits for a disk:
/// the others go on. Frozen while it is idle (waits for work, or for events), so that it holds no lock that they need.
/// Needs the right to trace (root,
/// or CAP_SYS_PTRACE); throws where it is missing. Made and destroyed by the same thread.
///
///   const FrozenThread stalled(cluster.pid("msg_server_0"), "store_write");
class FrozenThread {
 public:
  /// `name`: what the thread's name begins with.
  FrozenThread(pid_t pid, const std::string& name);
  ~FrozenThread();
  FrozenThread(const FrozenThread&) = delete;
  FrozenThread& operator=(const FrozenThread&) = delete;

 private:
  pid_t tid_;
};

}  // namespace talkbeat::scenario
