#include "tools/talkctl/cluster_files.h"

#include <charconv>
#include <fstream>
#include <map>

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

Address ClusterFiles::login_server_http(int index) const {
  return loopback(port_base + 80 + index);
}

Address ClusterFiles::msg_server_http(int index) const {
  return loopback(port_base + 203 + 10 * index);
}

}  // namespace talkbeat
