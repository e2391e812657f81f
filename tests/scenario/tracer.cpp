#include "tests/scenario/tracer.h"

#include <unistd.h>

#include <csignal>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

constexpr const char* kStrace = "/usr/bin/strace";

// Who traces it; 0: nobody.
int tracer_of(pid_t pid) {
  const std::string status = contents("/proc/" + std::to_string(pid) + "/status");
  const size_t at = status.find("TracerPid:");
  return at == std::string::npos ? 0 : std::stoi(status.substr(at + 10));
}

bool has_died(pid_t pid) {
  const std::string status = contents("/proc/" + std::to_string(pid) + "/status");
  return status.empty() || status.find("State:\tZ") != std::string::npos;
}

}  // namespace

Tracer::Tracer(pid_t pid, const std::vector<std::string>& faults)
    : pid_(pid),
      out_(std::filesystem::temp_directory_path() / ("talkbeat-trace-" + std::to_string(pid))),
      strace_(command(out_, pid, faults)) {
  if (access(kStrace, X_OK) != 0) throw Unexpected("strace is missing: `tools/deps.sh tests` installs it");
  wait_until("strace has begun: it needs root, or CAP_SYS_PTRACE", [&] { return tracer_of(pid_) == strace_.pid(); });
}

Tracer::~Tracer() {
  // strace would wait for a thread that was killed in a call which it delays.
  kill(strace_.pid(), has_died(pid_) ? SIGKILL : SIGTERM);
  const Deadline deadline(kPatience);
  while (tracer_of(pid_) != 0 && !deadline.passed()) std::this_thread::sleep_for(10ms);
  unlink(out_.c_str());
}

size_t Tracer::injected() const {
  size_t count = 0;
  for (const std::string& line : lines_of(contents(out_))) count += line.find("(INJECTED") != std::string::npos ? 1 : 0;
  return count;
}

std::vector<std::string> Tracer::command(const std::string& out, pid_t pid, const std::vector<std::string>& faults) {
  std::string traced = "trace=";
  std::vector<std::string> words{kStrace, "-f", "-q", "-o", out, "-p", std::to_string(pid)};
  for (const std::string& fault : faults) {
    traced += (traced.back() == '=' ? "" : ",") + fault.substr(0, fault.find(':'));
    words.push_back("--inject=" + fault);
  }
  words.push_back("-e");
  words.push_back(traced);
  return words;
}

}  // namespace talkbeat::scenario
