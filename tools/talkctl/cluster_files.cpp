#include "tools/talkctl/cluster_files.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tools/talkctl/http_call.h"

namespace talkbeat {

namespace {

constexpr int kMaxServers = 1'000;

// KEY=VALUE or KEY="VALUE"; everything else (comments, empty lines) is not for us.
std::map<std::string, std::string> read_values(std::istream& in) {
  std::map<std::string, std::string> values;
  for (std::string line; std::getline(in, line);) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos || line[0] == '#') continue;
    std::string value = line.substr(equals + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    values[line.substr(0, equals)] = value;
  }
  return values;
}

Status read_number(const std::map<std::string, std::string>& values, const std::string& key, int max, int& into) {
  const auto found = values.find(key);
  if (found == values.end()) return {};
  const std::string& text = found->second;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > max) {
    return Error{key + "=" + text + " is not a number from 1 to " + std::to_string(max)};
  }
  into = number;
  return {};
}

// When a process began, in ticks since boot, as start.sh notes it; empty where it has ended. Its name, in parentheses,
// may hold anything: what counts stands behind the last one.
std::string began(const std::string& pid) {
  std::ifstream in("/proc/" + pid + "/stat");
  std::string line;
  if (!std::getline(in, line)) return "";
  std::istringstream fields(line.substr(std::min(line.rfind(')') + 1, line.size())));
  constexpr int kStartField = 22;
  std::string field;
  for (int number = 3; number <= kStartField && fields >> field; ++number) {
    if (number == 3 && (field == "Z" || field == "X")) return "";
  }
  return fields ? field : "";
}

Address loopback(int port) {
  return {"127.0.0.1", static_cast<uint16_t>(port)};
}

}  // namespace

Result<ClusterFiles> ClusterFiles::read(const std::string& dir) {
  const std::string path = dir + "/cluster.conf";
  std::ifstream in(path);
  if (!in)
    return Error{"no cluster in " + dir + " (" + path + " cannot be read); start one: tools/start.sh --dir " + dir};
  const auto values = read_values(in);
  ClusterFiles files;
  files.dir = dir;
  int port_base = files.port_base;
  for (const Status& status : {read_number(values, "PORT_BASE", 64'000, port_base),
                               read_number(values, "LOGIN_SERVERS", kMaxServers, files.login_servers),
                               read_number(values, "MSG_SERVERS", kMaxServers, files.msg_servers)}) {
    if (!status.ok()) return Error{path + ": " + status.message()};
  }
  files.port_base = static_cast<uint16_t>(port_base);
  return files;
}

bool ClusterFiles::exist(const std::string& dir) {
  std::error_code ignored;
  return std::filesystem::exists(dir + "/cluster.conf", ignored);
}

bool ClusterFiles::running(const std::string& name) const {
  std::ifstream pid_file(dir + "/" + name + ".pid");
  std::ifstream start_file(dir + "/" + name + ".start");
  std::string pid;
  std::string start;
  return pid_file >> pid && start_file >> start && began(pid) == start;
}

bool ClusterFiles::may_run(const std::string& name, const HttpOutcome& asked) const {
  return !asked.nobody_listens || running(name);
}

Address ClusterFiles::login_server_http(int index) const {
  return loopback(port_base + 80 + index);
}

Address ClusterFiles::msg_server_http(int index) const {
  return loopback(port_base + 203 + 10 * index);
}

}  // namespace talkbeat
