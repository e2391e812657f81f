#include "tests/scenario/small_disk.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <fstream>

namespace talkbeat::scenario {

void limit_file_size(pid_t pid, rlim_t bytes) {
  rlimit limit{};
  prlimit(pid, RLIMIT_FSIZE, nullptr, &limit);
  limit.rlim_cur = bytes;
  ASSERT_EQ(prlimit(pid, RLIMIT_FSIZE, &limit, nullptr), 0);
}

SmallDisk::SmallDisk() {
  mounted_ = mount("tmpfs", scratch_.path().c_str(), "tmpfs", 0, "size=64m") == 0;
  if (mounted_) setenv("TMPDIR", scratch_.path().c_str(), 1);
}

SmallDisk::~SmallDisk() {
  if (!mounted_) return;
  unsetenv("TMPDIR");
  umount2(scratch_.path().c_str(), MNT_DETACH);
}

void SmallDisk::fill(const Cluster& cluster) {
  if (!mounted_) return limit_file_size(cluster.pid("msg_server_0"), 64 << 10);
  std::ofstream filler(filler_path(), std::ios::binary);
  const std::string block(4096, 'x');
  while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

void SmallDisk::make_room(const Cluster& cluster) {
  if (!mounted_) return limit_file_size(cluster.pid("msg_server_0"), RLIM_INFINITY);
  std::filesystem::remove(filler_path());
}

}  // namespace talkbeat::scenario
