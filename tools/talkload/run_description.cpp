#include "tools/talkload/run_description.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>

namespace talkbeat::load {

namespace {

constexpr std::string_view kPassword = "--password";

std::string shell_word(std::string_view word) {
  constexpr std::string_view kHarmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,@%";
  if (!word.empty() && word.find_first_not_of(kHarmless) == std::string_view::npos) return std::string(word);
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// The value behind "KEY : value" in a file of /proc.
std::string proc_value(const std::string& path, std::string_view key) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

// The first line that a shell command prints; empty where it fails.
std::string first_line(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::array<char, 256> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return "";
  const std::string text = line.data();
  return text.substr(0, text.find('\n'));
}

std::string commit() {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return "";
  return first_line("git -C " + shell_word(program.parent_path().string()) +
                    " describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null");
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm time{};
  ::gmtime_r(&now, &time);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &time);
  return text.data();
}

}  // namespace

Machine Machine::read() {
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  Machine machine;
  machine.cores = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  machine.cpu = proc_value("/proc/cpuinfo", "model name");
  machine.memory_gib =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / kGiB;
  utsname system{};
  if (::uname(&system) == 0) machine.kernel = std::string(system.sysname) + " " + system.release;
  return machine;
}

RunDescription describe_run(std::string scenario, std::string command_line) {
  RunDescription run;
  run.scenario = std::move(scenario);
  run.command_line = std::move(command_line);
  run.machine = Machine::read();
  run.version = TALKBEAT_VERSION;
  run.commit = commit();
  run.started_utc = now_utc();
  return run;
}

std::string command_line(int argc, const char* const* argv) {
  std::string text = "talkload";
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    const bool secret = argv[i - 1] == kPassword;
    if (word.starts_with(kPassword) && word.substr(kPassword.size()).starts_with('=')) word = "--password=***";
    text += " " + shell_word(secret ? "***" : word);
  }
  return text;
}

}  // namespace talkbeat::load
