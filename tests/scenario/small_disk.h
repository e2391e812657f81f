#pragma once

#include <sys/resource.h>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

/// A file system of its own, of 64 MiB, for what is made in the temporary directory meanwhile. Throws where we may not
/// mount one: another fault in its place would prove nothing of a full disk.
///
///   SmallDisk disk;
///   Cluster cluster;
///   disk.fill(cluster);
class SmallDisk {
 public:
  SmallDisk();
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// The cluster has been started since, and so lies on it; throws where it does not.
  void fill(const Cluster& cluster);
  void make_room(const Cluster& cluster);

 private:
  void check_is_on_it(const Cluster& cluster) const;
  std::filesystem::path filler_path() const { return scratch_.path() / "filler"; }

  ScratchDirectory scratch_;
};

/// No file of the process gets longer than that.
void limit_file_size(pid_t pid, rlim_t bytes);

}  // namespace talkbeat::scenario
