// Files between users, online and offline, on a disk in memory: what sender and receiver may say in which order, and
// what the server writes, reads and sweeps. The input is a script for ClientWorld. The disk is empty at the beginning
// of each.

#include <unistd.h>

#include <array>
#include <filesystem>

#include "tests/fuzz/client_world.h"
#include "tests/fuzz/script_mutator.h"

namespace talkbeat::fuzz {
namespace {

namespace fs = std::filesystem;

struct Disk {
  const fs::path path = "/dev/shm/talkbeat_fuzz_files_" + std::to_string(::getpid());
  ~Disk() { fs::remove_all(path); }
};

const fs::path& disk() {
  static const Disk disk;
  return disk.path;
}

MsgServerConfig config() {
  MsgServerConfig config = MsgServerGround::config();
  config.files.path = disk();
  config.files.min_free = 0;
  config.files.max_size = 8 << 10;
  config.files.quota_per_sender = 16 << 10;
  config.files.quota_total = 24 << 10;
  config.files.keep_ms = config.files.keep_incomplete_ms = 600'000;
  return config;
}

}  // namespace

std::span<const uint16_t> script_commands() {
  using namespace IM::File;
  static constexpr std::array kCommands{kCommandOf<IMFileLoginReq>,      kCommandOf<IMFileState>,
                                        kCommandOf<IMFilePullDataReq>,   kCommandOf<IMFilePullDataRsp>,
                                        kCommandOf<IMFileReq>,           kCommandOf<IMFileHasOfflineReq>,
                                        kCommandOf<IMFileAddOfflineReq>, kCommandOf<IMFileDelOfflineReq>};
  return kCommands;
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  std::filesystem::remove_all(disk());
  ClientWorld(config()).play({data, size});
  return 0;
}
