#include "tests/scenario/small_disk.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace talkbeat::scenario {

void limit_file_size(pid_t pid, rlim_t bytes) {
  rlimit limit{};
  prlimit(pid, RLIMIT_FSIZE, nullptr, &limit);
  limit.rlim_cur = bytes;
  ASSERT_EQ(prlimit(pid, RLIMIT_FSIZE, &limit, nullptr), 0);
}

SmallDisk::SmallDisk() {
  if (mount("tmpfs", scratch_.path().c_str(), "tmpfs", 0, "size=64m") != 0) {
    throw Unexpected(std::string("tests on a small disk of their own need root and the right to mount "
                                 "(CAP_SYS_ADMIN; a container needs --privileged); mount: ") +
                     std::strerror(errno));
  }
  setenv("TMPDIR", scratch_.path().c_str(), 1);
}

SmallDisk::~SmallDisk() {
  unsetenv("TMPDIR");
  umount2(scratch_.path().c_str(), MNT_DETACH);
}

void SmallDisk::check_is_on_it(const Cluster& cluster) const {
  const auto [rest, ignored] = std::ranges::mismatch(scratch_.path(), cluster.directory());
  if (rest != scratch_.path().end()) throw Unexpected("the cluster is not on the small disk");
}

void SmallDisk::fill(const Cluster& cluster) {
  check_is_on_it(cluster);
  std::ofstream filler(filler_path(), std::ios::binary);
  const std::string block(4096, 'x');
  while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

void SmallDisk::make_room(const Cluster& cluster) {
  check_is_on_it(cluster);
  std::filesystem::remove(filler_path());
}

}  // namespace talkbeat::scenario
