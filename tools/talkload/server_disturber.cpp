#include "tools/talkload/server_disturber.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tools/talkload/proc_files.h"

namespace talkbeat::load {

namespace {

constexpr int64_t kDownMs = 500;
constexpr int64_t kLongestLeaveMs = 60'000;
constexpr int kLooks = 200;  // for a new process, every 10 ms

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

std::vector<std::string> split_at_nul(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\0', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::string first_line(std::string text) {
  return text.substr(0, text.find('\n'));
}

// When a process began, in ticks since boot: /proc/PID/stat, field 22, counted from behind its name.
std::string began(pid_t pid) {
  const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return field;
}

bool is_gone(pid_t pid) {
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text << "\n";
}

// In the new process: becomes the server, or ends. Twice forked, so that it is nobody's child to wait for.
[[noreturn]] void become(const std::string& program, const std::string& directory, std::vector<char*>& arguments,
                         const std::string& output, const std::string& pid_file, const std::string& start_file) {
  ::setsid();
  const pid_t me = ::getpid();
  write(start_file, began(me) + " " + first_line(read_all("/proc/sys/kernel/random/boot_id")));
  write(pid_file, std::to_string(me));
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int in = ::open("/dev/null", O_RDONLY);
  if (in >= 0) ::dup2(in, STDIN_FILENO);
  if (out >= 0) ::dup2(out, STDOUT_FILENO);
  if (out >= 0) ::dup2(out, STDERR_FILENO);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) (void)std::signal(number, SIG_DFL);
  if (::chdir(directory.c_str()) == 0) ::execv(program.c_str(), arguments.data());
  ::_exit(127);
}

}  // namespace

ServerDisturber::ServerDisturber(const LoadOptions& options, uint32_t msg_servers)
    : dir_(std::filesystem::absolute(options.dir).string()),
      drain_(options.drain),
      every_ms_(options.disturb_every_ms),
      msg_servers_(msg_servers) {}

void ServerDisturber::look(int64_t now_ms, bool allowed) {
  if (next_ms_ < 0) next_ms_ = now_ms + every_ms_ / 2;
  if (now_ms < next_ms_ && stage_ != Stage::kLeaving) return;
  switch (stage_) {
    case Stage::kWaiting:
      if (!allowed) return;
      take_away();
      next_ms_ = now_ms + (stage_ == Stage::kLeaving ? kLongestLeaveMs : stage_ == Stage::kDown ? kDownMs : every_ms_);
      break;
    case Stage::kLeaving:
      if (!is_gone(pid_) && now_ms < next_ms_) return;
      if (!is_gone(pid_)) failures_.push_back(name_ + " has not left 60 s after SIGTERM");
      stage_ = Stage::kDown;
      [[fallthrough]];
    case Stage::kDown:
      bring_back();
      next_ms_ = now_ms + every_ms_;
      break;
  }
}

std::optional<pid_t> ServerDisturber::running() const {
  if (read_all(path(".start")).empty()) return std::nullopt;
  return running_server("/proc", dir_, name_);
}

void ServerDisturber::take_away() {
  name_ = "msg_server_" + std::to_string(turn_++ % msg_servers_);
  const std::optional<pid_t> pid = running();
  if (!pid) {
    failures_.push_back(name_ + " does not run any more");
    return;
  }
  pid_ = *pid;
  const std::string proc = "/proc/" + std::to_string(pid_);
  std::error_code error;
  recipe_.program = std::filesystem::read_symlink(proc + "/exe", error).string();
  recipe_.directory = std::filesystem::read_symlink(proc + "/cwd", error).string();
  recipe_.arguments = split_at_nul(read_all(proc + "/cmdline"));
  if (recipe_.program.empty() || recipe_.arguments.empty()) {
    failures_.push_back(name_ + " does not run any more");
    return;
  }
  ::kill(pid_, drain_ ? SIGTERM : SIGKILL);
  stage_ = drain_ ? Stage::kLeaving : Stage::kDown;
  ++disturbances_;
}

void ServerDisturber::bring_back() {
  stage_ = Stage::kWaiting;
  std::vector<char*> arguments;
  for (std::string& argument : recipe_.arguments) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() != 0) ::_exit(0);
    become(recipe_.program, recipe_.directory, arguments, dir_ + "/log/" + name_ + ".out", path(".pid"),
           path(".start"));
  }
  if (child < 0) {
    failures_.push_back(name_ + " could not be started again: " + std::strerror(errno));
    return;
  }
  (void)::waitpid(child, nullptr, 0);
  for (int looks = 0; !is_back(); ++looks) {
    if (looks == kLooks) {
      failures_.push_back(name_ + " did not come back: see " + dir_ + "/log/" + name_ + ".out");
      return;
    }
    ::usleep(10'000);
  }
}

// The pid file names a process that has become the server.
bool ServerDisturber::is_back() const {
  pid_t pid = 0;
  std::ifstream(path(".pid")) >> pid;
  if (pid <= 0 || pid == pid_) return false;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
  return !error && program == recipe_.program;
}

void ServerDisturber::put_right() {
  for (int tries = 0; stage_ == Stage::kLeaving && !is_gone(pid_) && tries < 600; ++tries) ::usleep(100'000);
  if (stage_ != Stage::kWaiting) bring_back();
}

}  // namespace talkbeat::load
