#include "tools/talkload/proc_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <vector>

namespace talkbeat::load {

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  for (const char c : text.substr(begin)) {
    if (c < '0' || c > '9') break;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

// The number behind `key` in lines of "key: number". 0 where there is none.
uint64_t value_of(std::string_view text, std::string_view key) {
  const size_t at = text.starts_with(key) ? 0 : text.find("\n" + std::string(key));
  if (at == std::string_view::npos) return 0;
  const size_t colon = text.find(':', at);
  return colon == std::string_view::npos ? 0 : number(text.substr(colon + 1));
}

// The fields of a stat file from the third one on: the second, a name in parentheses, may hold anything.
std::vector<std::string> stat_fields(const std::string& path) {
  const std::string text = contents(path);
  const size_t behind = text.rfind(')');
  if (behind == std::string::npos) return {};
  std::istringstream in(text.substr(behind + 1));
  return {std::istream_iterator<std::string>(in), {}};
}

// Fields by their number in proc(5), which counts from 1.
std::string field(const std::vector<std::string>& fields, size_t in_manual) {
  const size_t index = in_manual - 3;
  return index < fields.size() ? fields[index] : "";
}

double cpu_ticks_s(const std::vector<std::string>& fields) {
  constexpr size_t kUserTicks = 14;
  constexpr size_t kSystemTicks = 15;
  static const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return static_cast<double>(number(field(fields, kUserTicks)) + number(field(fields, kSystemTicks))) / per_second;
}

// Nanoseconds where the kernel counts them, which tell of an idle server what 10 ms ticks cannot.
double thread_cpu_s(const std::string& thread) {
  constexpr double kNanosecondsASecond = 1e9;
  const std::string text = contents(thread + "/schedstat");
  if (!text.empty()) return static_cast<double>(number(text)) / kNanosecondsASecond;
  return cpu_ticks_s(stat_fields(thread + "/stat"));
}

void add_threads(const std::string& process, pid_t pid, ProcessSample& sample) {
  double cpu_s = 0;
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator(process + "/task", ignored)) {
    const std::string path = thread.path().string();
    const double thread_s = thread_cpu_s(path);
    if (thread.path().filename() == std::to_string(pid)) sample.main_thread_s = thread_s;
    cpu_s += thread_s;
    const std::string status = contents(path + "/status");
    sample.voluntary_switches += value_of(status, "voluntary_ctxt_switches");
    sample.involuntary_switches += value_of(status, "nonvoluntary_ctxt_switches");
    ++sample.threads;
  }
  // The process's own sum has ticks only, but also holds what threads used that have ended.
  sample.cpu_s = std::max(cpu_s, sample.cpu_s);
}

// Newer kernels say how many there are without a walk over all of them, which takes 10 ms for 20,000.
uint32_t count_descriptors(const std::string& path) {
  struct stat entry {};
  if (::stat(path.c_str(), &entry) != 0) return 0;
  if (entry.st_size > 0 && path.starts_with("/proc/")) return static_cast<uint32_t>(entry.st_size);
  std::error_code ignored;
  const std::filesystem::directory_iterator all(path, ignored);
  return static_cast<uint32_t>(std::distance(begin(all), end(all)));
}

}  // namespace

std::optional<pid_t> running_server(const std::string& proc, const std::string& dir, const std::string& name) {
  constexpr size_t kState = 3;
  constexpr size_t kStartTime = 22;
  const auto pid = static_cast<pid_t>(number(contents(dir + "/" + name + ".pid")));
  if (pid <= 0) return std::nullopt;
  const auto fields = stat_fields(proc + "/" + std::to_string(pid) + "/stat");
  const std::string state = field(fields, kState);
  if (state.empty() || state == "Z" || state == "X") return std::nullopt;
  const std::string began = contents(dir + "/" + name + ".start");
  if (!began.empty() && number(began) != number(field(fields, kStartTime))) return std::nullopt;
  return pid;
}

std::optional<ProcessSample> read_process(const std::string& proc, pid_t pid) {
  constexpr uint64_t kKiB = 1024;
  const std::string process = proc + "/" + std::to_string(pid);
  const auto fields = stat_fields(process + "/stat");
  if (fields.empty()) return std::nullopt;
  ProcessSample sample;
  sample.cpu_s = cpu_ticks_s(fields);
  sample.rss_bytes = value_of(contents(process + "/status"), "VmRSS") * kKiB;
  sample.descriptors = count_descriptors(process + "/fd");
  add_threads(process, pid, sample);
  return sample;
}

// "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 51", where memory is in pages.
SocketMemory read_socket_memory(const std::string& proc) {
  static const auto page_bytes = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  SocketMemory memory;
  std::istringstream lines(contents(proc + "/net/sockstat"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("TCP:")) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    uint64_t value = 0;
    for (std::string key; words >> key >> value;) {
      if (key == "alloc") memory.tcp_sockets = value;
      if (key == "mem") memory.tcp_bytes = value * page_bytes;
    }
  }
  return memory;
}

}  // namespace talkbeat::load
