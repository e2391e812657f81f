#pragma once

#include <sys/resource.h>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

/// A file system of its own for what is made in the temporary directory meanwhile. Where nobody may mount one, it is
/// the usual directory, and the limit of a process's files takes the place of the disk's end.
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

  void fill(const Cluster& cluster);
  void make_room(const Cluster& cluster);

 private:
  std::filesystem::path filler_path() const { return scratch_.path() / "filler"; }

  ScratchDirectory scratch_;
  bool mounted_ = false;
};

/// No file of the process gets longer than that.
void limit_file_size(pid_t pid, rlim_t bytes);

}  // namespace talkbeat::scenario
