#include "tools/talkload/syscall_count.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <utility>

namespace talkbeat::load {

namespace {

constexpr auto kToolBegins = std::chrono::milliseconds(500);
constexpr auto kToolEnds = std::chrono::seconds(10);
constexpr auto kLookEvery = std::chrono::milliseconds(20);
constexpr int kNotInstalled = 127;

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

bool whole_number(std::string_view text, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool syscall_name(const std::string& word) {
  return !word.empty() && std::isalpha(static_cast<unsigned char>(word.front())) != 0 && word != "total";
}

std::vector<std::string> tool_command(const std::string& tool, pid_t watched, const std::string& output) {
  const std::string pid = std::to_string(watched);
  if (tool == "strace") return {"strace", "-c", "-f", "-p", pid, "-o", output};
  return {"perf", "trace", "-s", "-p", pid, "-o", output};
}

// Ends with us, whatever becomes of us; what it has to say goes to a file beside its output.
pid_t launch(const std::vector<std::string>& command, const std::string& messages_path) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  const int messages = ::open(messages_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(messages, STDOUT_FILENO);
  ::dup2(messages, STDERR_FILENO);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(kNotInstalled);
}

// Whether it ended in time; its status goes to `status`.
bool wait_for(pid_t pid, std::chrono::milliseconds most, int& status) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (true) {
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid || ended < 0) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
}

std::string last_line(const std::string& path) {
  std::istringstream in(contents(path));
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

// One table for each thread: "   epoll_wait   1044   0  931.1 0.000 0.891 5.024 1.98%".
SyscallCounts parse_perf_trace(std::string_view text) {
  SyscallCounts counts;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    const auto words = words_of(line);
    uint64_t calls = 0;
    uint64_t errors = 0;
    if (words.size() < 4 || !syscall_name(words[0])) continue;
    if (whole_number(words[1], calls) && whole_number(words[2], errors)) counts[words[0]] += calls;
  }
  return counts;
}

// "% time  seconds  usecs/call  calls  errors  syscall", where errors may be missing: " 52.1 0.000343 3 101
// epoll_wait".
SyscallCounts parse_strace(std::string_view text) {
  SyscallCounts counts;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    const auto words = words_of(line);
    uint64_t calls = 0;
    if (words.size() < 5 || words.size() > 6 || !syscall_name(words.back())) continue;
    if (whole_number(words[3], calls)) counts[words.back()] += calls;
  }
  return counts;
}

Result<SyscallCount> SyscallCount::start(const std::vector<pid_t>& watched) {
  std::string reasons;
  for (const char* tool : {"perf trace", "strace"}) {
    SyscallCount count;
    count.tool_ = tool;
    const Status status = count.watch(watched);
    if (status.ok()) return count;
    reasons += std::string(reasons.empty() ? "" : "; ") + tool + ": " + status.message();
  }
  return Error{"cannot count system calls (" + reasons +
               "); install linux-perf or strace, and run as root or with kernel.perf_event_paranoid=-1 and "
               "kernel.yama.ptrace_scope=0"};
}

Status SyscallCount::watch(const std::vector<pid_t>& watched) {
  for (const pid_t pid : watched) {
    std::string path = "/tmp/talkload_syscalls_XXXXXX";
    const int file = ::mkstemp(path.data());
    if (file < 0) return Error{"cannot make a file in /tmp"};
    ::close(file);
    const pid_t tool = launch(tool_command(tool_, pid, path), path + ".messages");
    watchers_.push_back({pid, tool, path});
    if (tool < 0) return Error{"cannot start a process"};
  }
  std::this_thread::sleep_for(kToolBegins);
  for (Watcher& watcher : watchers_) {
    int status = 0;
    if (::waitpid(watcher.tool, &status, WNOHANG) != watcher.tool) continue;
    watcher.tool = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNotInstalled) return Error{"not installed"};
    return Error{last_line(watcher.output_path + ".messages")};
  }
  return {};
}

SyscallCount::SyscallCount(SyscallCount&& other) noexcept
    : tool_(std::move(other.tool_)), watchers_(std::exchange(other.watchers_, {})) {}

SyscallCount& SyscallCount::operator=(SyscallCount&& other) noexcept {
  if (this == &other) return *this;
  end();
  tool_ = std::move(other.tool_);
  watchers_ = std::exchange(other.watchers_, {});
  return *this;
}

SyscallCount::~SyscallCount() {
  end();
}

std::map<pid_t, SyscallCounts> SyscallCount::finish() {
  end_tools();
  std::map<pid_t, SyscallCounts> counts;
  for (const Watcher& watcher : watchers_) {
    const std::string text = contents(watcher.output_path);
    counts[watcher.watched] = tool_ == "strace" ? parse_strace(text) : parse_perf_trace(text);
  }
  end();
  return counts;
}

// SIGINT makes both tools write what they know and end.
void SyscallCount::end_tools() {
  for (const Watcher& watcher : watchers_) {
    if (watcher.tool > 0) ::kill(watcher.tool, SIGINT);
  }
  for (Watcher& watcher : watchers_) {
    int status = 0;
    if (watcher.tool > 0 && !wait_for(watcher.tool, kToolEnds, status)) {
      ::kill(watcher.tool, SIGKILL);
      ::waitpid(watcher.tool, &status, 0);
    }
    watcher.tool = -1;
  }
}

void SyscallCount::end() {
  end_tools();
  for (const Watcher& watcher : watchers_) {
    ::unlink(watcher.output_path.c_str());
    ::unlink((watcher.output_path + ".messages").c_str());
  }
  watchers_.clear();
}

}  // namespace talkbeat::load
