#include "tools/talkload/server_probe.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "tools/talkload/proc_files.h"

namespace talkbeat::load {

namespace {

constexpr size_t kMostSamples = 1200;  // a server; of more, every second is dropped

// "msg_server_12" → 12, so that it comes behind msg_server_2.
int number_of(const std::string& name) {
  int number = 0;
  const size_t begin = name.rfind('_') + 1;
  std::from_chars(name.data() + begin, name.data() + name.size(), number);
  return number;
}

bool comes_before(const ServerSeries& one, const ServerSeries& other) {
  const bool login = one.name.starts_with("login");
  if (login != other.name.starts_with("login")) return login;
  return number_of(one.name) < number_of(other.name);
}

template <class Samples>
auto nearest(const Samples& samples, double at_s) {
  return std::ranges::min_element(samples, {}, [at_s](const auto& sample) { return std::abs(sample.at_s - at_s); });
}

template <class Samples>
void drop_every_second(Samples& samples) {
  for (size_t i = 1; 2 * i < samples.size(); ++i) samples[i] = samples[2 * i];
  samples.resize((samples.size() + 1) / 2);
}

}  // namespace

Result<ServerProbe> ServerProbe::find(const std::string& dir, const std::string& proc) {
  ServerProbe probe(dir, proc);
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(dir, failed)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".pid") continue;
    if (!name.starts_with("msg_server_") && !name.starts_with("login_server_")) continue;
    const auto pid = running_server(proc, dir, name);
    if (pid) probe.servers_.emplace_back().name = name;
    if (pid) probe.servers_.back().pid = *pid;
  }
  if (failed) return Error{"cannot look for servers in " + dir + ": " + failed.message()};
  if (probe.servers_.empty()) return Error{"no server runs in " + dir + "; start some: tools/start.sh --dir " + dir};
  std::ranges::sort(probe.servers_, comes_before);
  probe.seen_.resize(probe.servers_.size());
  return probe;
}

void ServerProbe::sample(double at_s) {
  for (size_t i = 0; i < servers_.size(); ++i) sample(servers_[i], seen_[i], at_s);
  SocketMemory memory = read_socket_memory(proc_);
  memory.at_s = at_s;
  sockets_.push_back(memory);
  if (sockets_.size() > kMostSamples) thin_out();
}

void ServerProbe::sample(ServerSeries& server, Seen& seen, double at_s) {
  const auto pid = running_server(proc_, dir_, server.name);
  if (pid && *pid != server.pid) {
    server.restarted = true;
    server.pid = *pid;
    if (!server.samples.empty()) {
      seen.cpu_before_s = server.samples.back().cpu_s;
      seen.main_before_s = server.samples.back().main_thread_s;
    }
  }
  auto now = pid ? read_process(proc_, *pid) : std::nullopt;
  server.ended = !now;
  if (!now) return;
  now->at_s = at_s;
  now->cpu_s += seen.cpu_before_s;
  now->main_thread_s += seen.main_before_s;
  seen.peak_rss_bytes = std::max(seen.peak_rss_bytes, now->rss_bytes);
  if (server.samples.empty()) seen.first_rss_bytes = now->rss_bytes;
  server.samples.push_back(*now);
}

// The newest samples are needed most, and what was used between two times can be said of any pair that is left.
void ServerProbe::thin_out() {
  for (ServerSeries& server : servers_) drop_every_second(server.samples);
  drop_every_second(sockets_);
}

std::vector<ServerUse> ServerProbe::use(double begin_s, double end_s) const {
  std::vector<ServerUse> result;
  for (size_t i = 0; i < servers_.size(); ++i) {
    const ServerSeries& server = servers_[i];
    ServerUse& use = result.emplace_back();
    use.name = server.name;
    use.pid = server.pid;
    use.ended = server.ended;
    use.restarted = server.restarted;
    if (server.samples.empty()) continue;
    const ProcessSample& begin = *nearest(server.samples, begin_s);
    const ProcessSample& end = *nearest(server.samples, end_s);
    use.seconds = end.at_s - begin.at_s;
    use.cpu_s = end.cpu_s - begin.cpu_s;
    use.main_thread_s = end.main_thread_s - begin.main_thread_s;
    use.rss_bytes = end.rss_bytes;
    use.rss_growth = static_cast<int64_t>(end.rss_bytes) - static_cast<int64_t>(seen_[i].first_rss_bytes);
    use.peak_rss_bytes = seen_[i].peak_rss_bytes;
    use.threads = end.threads;
    use.descriptors = end.descriptors;
    // A process that began anew counts from 0 again.
    use.voluntary_switches = end.voluntary_switches - std::min(begin.voluntary_switches, end.voluntary_switches);
    use.involuntary_switches =
        end.involuntary_switches - std::min(begin.involuntary_switches, end.involuntary_switches);
  }
  return result;
}

std::vector<pid_t> ServerProbe::pids() const {
  std::vector<pid_t> result;
  for (const ServerSeries& server : servers_) result.push_back(server.pid);
  return result;
}

ServerUse sum(const std::vector<ServerUse>& servers) {
  ServerUse all;
  all.name = "all servers";
  for (const ServerUse& use : servers) {
    all.seconds = std::max(all.seconds, use.seconds);
    all.cpu_s += use.cpu_s;
    all.main_thread_s += use.main_thread_s;
    all.rss_bytes += use.rss_bytes;
    all.rss_growth += use.rss_growth;
    all.peak_rss_bytes += use.peak_rss_bytes;
    all.threads += use.threads;
    all.descriptors += use.descriptors;
    all.voluntary_switches += use.voluntary_switches;
    all.involuntary_switches += use.involuntary_switches;
    all.ended |= use.ended;
    all.restarted |= use.restarted;
    for (const auto& [name, count] : use.syscalls) all.syscalls[name] += count;
  }
  return all;
}

double cpu_s_per_million(double cpu_s, uint64_t done) {
  constexpr double kMillion = 1e6;
  return done == 0 ? 0 : cpu_s * kMillion / static_cast<double>(done);
}

}  // namespace talkbeat::load
