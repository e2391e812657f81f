#include "tests/scenario/port_block.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "tests/scenario/deadline.h"

namespace talkbeat::scenario {
namespace {

constexpr int kFirst = 10'000;
constexpr int kBlocks = 72;

// -1 where somebody else has the port.
int listen_on(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && listen(fd, 1) == 0) return fd;
  close(fd);
  return -1;
}

bool all_free(int base) {
  for (int port = base; port < base + PortBlock::kSize; ++port) {
    const int fd = listen_on(port);
    if (fd < 0) return false;
    close(fd);
  }
  return true;
}

}  // namespace

PortBlock::PortBlock() {
  // Not always the same block first: what went wrong in one test does not lie in the next one's way.
  const int start = getpid() % kBlocks;
  for (int i = 0; i < kBlocks; ++i) {
    if (claim(kFirst + (start + i) % kBlocks * kSize)) return;
  }
  throw Unexpected("no block of 300 free ports below 31600");
}

PortBlock::~PortBlock() {
  close(lock_);
}

bool PortBlock::claim(int base) {
  const auto directory = std::filesystem::temp_directory_path() / ("talkbeat-ports-" + std::to_string(geteuid()));
  std::filesystem::create_directories(directory);
  const std::string path = directory / std::to_string(base);
  lock_ = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock_ < 0) throw Unexpected(path + ": " + std::strerror(errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0 && all_free(base)) {
    base_ = base;
    return true;
  }
  close(lock_);
  lock_ = -1;
  return false;
}

TakenPort::TakenPort(int port) : fd_(listen_on(port)) {
  if (fd_ < 0) throw Unexpected("port " + std::to_string(port) + " is taken by somebody else");
}

TakenPort::~TakenPort() {
  close(fd_);
}

}  // namespace talkbeat::scenario
