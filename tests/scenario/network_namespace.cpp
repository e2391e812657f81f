#include "tests/scenario/network_namespace.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "tests/scenario/program.h"

namespace talkbeat::scenario {
namespace {

constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";
constexpr const char* kIp = "/sbin/ip";
constexpr const char* kNft = "/usr/sbin/nft";
constexpr size_t kMaxWatched = 16;

int open_own_namespace() {
  const int fd = open(kOwnNamespace, O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw Unexpected(std::string(kOwnNamespace) + ": " + std::strerror(errno));
  return fd;
}

// A result other than 0 throws.
void check_right(const char* call, int result) {
  if (result == 0) return;
  throw Unexpected(std::string("tests on a network of their own need root and the right to make network namespaces "
                               "(CAP_SYS_ADMIN; a container needs --privileged); ") +
                   call + ": " + std::strerror(errno));
}

void run_tool(const char* tool, const std::vector<std::string>& arguments) {
  if (access(tool, X_OK) != 0) {
    throw Unexpected(std::string(tool) + " is missing: `tools/deps.sh tests` installs iproute2 and nftables");
  }
  std::vector<std::string> all{tool};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Outcome outcome = run(all);
  if (outcome.exit_code == 0) return;
  std::string shown;
  for (const std::string& word : all) shown += word + " ";
  throw Unexpected(shown + "failed: " + outcome.err + "(the kernel needs veth, nf_tables and nft_numgen)");
}

// 0 where there is no such process any more.
uint64_t namespace_of(const char* pid) {
  const std::string path = std::string("/proc/") + pid + "/ns/net";
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

// Whether there was any.
bool kill_all_in(const std::array<uint64_t, kMaxWatched>& places, size_t count) {
  DIR* all = opendir("/proc");
  if (all == nullptr) return false;
  bool any = false;
  while (const dirent* entry = readdir(all)) {
    const int pid = std::atoi(entry->d_name);
    const uint64_t place = pid > 1 ? namespace_of(entry->d_name) : 0;
    for (size_t i = 0; place != 0 && i < count; ++i) {
      if (places[i] == place) any = kill(pid, SIGKILL) == 0 || any;
    }
  }
  closedir(all);
  return any;
}

[[noreturn]] void guard(int told) {
  setsid();  // an interrupt from the terminal is for the tests
  std::array<uint64_t, kMaxWatched> places{};
  size_t count = 0;
  uint64_t place = 0;
  while (read(told, &place, sizeof place) == sizeof place) {
    if (count < kMaxWatched) places[count++] = place;
  }
  for (int round = 0; round < 100 && kill_all_in(places, count); ++round) usleep(20'000);
  _exit(0);
}

}  // namespace

EnteredNamespace::EnteredNamespace(int fd) : before_(open_own_namespace()) {
  try {
    check_right("setns", setns(fd, CLONE_NEWNET));
  } catch (const Unexpected&) {
    close(before_);
    throw;
  }
}

EnteredNamespace::~EnteredNamespace() {
  setns(before_, CLONE_NEWNET);
  close(before_);
}

NetworkNamespace::NetworkNamespace() {
  const int before = open_own_namespace();
  const EnteredNamespace back_at_the_end(before);
  close(before);
  check_right("unshare", unshare(CLONE_NEWNET));
  fd_ = open_own_namespace();
  struct stat status {};
  fstat(fd_, &status);
  id_ = status.st_ino;
  run_tool(kIp, {"link", "set", "lo", "up"});
}

NetworkNamespace::~NetworkNamespace() {
  close(fd_);
}

std::string NetworkNamespace::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd_);
}

void NetworkNamespace::ip(const std::vector<std::string>& arguments) const {
  inside([&] { run_tool(kIp, arguments); });
}

void NetworkNamespace::drop(const std::string& interface, const std::vector<std::string>& matches) {
  dropped_[interface] = matches;
  // One transaction: the table is never half there.
  std::string rules = "add table inet faults; delete table inet faults; add table inet faults; ";
  rules += "add chain inet faults arriving { type filter hook input priority 0; }; ";
  for (const auto& [name, all] : dropped_) {
    for (const std::string& match : all) {
      rules += "add rule inet faults arriving iifname \"" + name + "\" " + match + " drop; ";
    }
  }
  inside([&] { run_tool(kNft, {rules}); });
}

NamespaceGuard::NamespaceGuard() {
  int told[2];
  int ended[2];
  if (pipe2(told, O_CLOEXEC) != 0 || pipe2(ended, O_CLOEXEC) != 0) throw Unexpected("pipe");
  const pid_t child = fork();
  if (child == 0) {
    close(told[1]);
    close(ended[0]);
    // Nobody's child, so that it outlives whoever kills this process with all its children.
    if (fork() == 0) guard(told[0]);
    _exit(0);
  }
  close(told[0]);
  close(ended[1]);
  told_ = told[1];
  ended_ = ended[0];
  if (child < 0 || waitpid(child, nullptr, 0) != child) throw Unexpected("fork");
}

NamespaceGuard::~NamespaceGuard() {
  close(told_);
  char nothing = 0;
  while (read(ended_, &nothing, 1) > 0) continue;
  close(ended_);
}

void NamespaceGuard::watch(const NetworkNamespace& place) {
  const uint64_t id = place.id();
  if (write(told_, &id, sizeof id) != sizeof id) throw Unexpected("the guard of the namespaces has gone");
}

}  // namespace talkbeat::scenario
