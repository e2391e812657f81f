#include "tests/scenario/figures.h"

#include <nlohmann/json.hpp>
#include <sstream>

namespace talkbeat::scenario {
namespace {

std::string page(const Cluster& cluster, const std::string& server, const std::string& path) {
  const HttpAnswer answer = cluster.get(server, path);
  if (answer.status != 200) {
    throw Unexpected(server + " answered " + path + " with " + std::to_string(answer.status));
  }
  return answer.body;
}

// The value of a label in a line of /metrics; empty where it has no such label.
std::string label(const std::string& line, const std::string& name) {
  const std::string sign = name + "=\"";
  const size_t at = line.find(sign);
  if (at == std::string::npos) return "";
  const size_t begin = at + sign.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

nlohmann::json cluster_page(const Cluster& cluster, const std::string& login_server) {
  return nlohmann::json::parse(page(cluster, login_server, "/api/cluster"));
}

}  // namespace

double figure(const Cluster& cluster, const std::string& server, const std::string& name) {
  std::istringstream lines(page(cluster, server, "/metrics"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  throw Unexpected(server + " has no figure " + name);
}

size_t users_online(const Cluster& cluster, const std::string& login_server) {
  return cluster_page(cluster, login_server).at("users_online").get<size_t>();
}

size_t registered_servers(const Cluster& cluster, const std::string& login_server) {
  return cluster_page(cluster, login_server).at("servers").size();
}

uint16_t allocated_port(const Cluster& cluster, const std::string& login_server) {
  const auto answer = nlohmann::json::parse(page(cluster, login_server, "/msg_server"));
  if (answer.at("code") != 0) return 0;
  return static_cast<uint16_t>(std::stoi(answer.at("port").get<std::string>()));
}

std::map<std::string, size_t> closings_in(const std::string& metrics, const std::string& role) {
  std::map<std::string, size_t> counts;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("talkbeat_connections_closed_total{") || label(line, "role") != role) continue;
    counts[label(line, "reason")] = static_cast<size_t>(std::stod(line.substr(line.rfind(' '))));
  }
  return counts;
}

Closings::Closings(const Cluster& cluster, std::string server, std::string role)
    : cluster_(cluster), server_(std::move(server)), role_(std::move(role)), before_(read()) {}

std::map<std::string, size_t> Closings::read() const {
  return closings_in(page(cluster_, server_, "/metrics"), role_);
}

std::map<std::string, size_t> Closings::so_far() const {
  std::map<std::string, size_t> counts = read();
  for (const auto& [reason, count] : before_) counts[reason] -= count;
  std::erase_if(counts, [](const auto& entry) { return entry.second == 0; });
  return counts;
}

size_t Closings::so_far(const std::string& reason) const {
  const auto counts = so_far();
  const auto found = counts.find(reason);
  return found == counts.end() ? 0 : found->second;
}

void Closings::await(const std::string& reason, size_t count) const {
  try {
    wait_until(
        "closed as " + reason, [&] { return so_far(reason) >= count; }, 3 * kPatience);
  } catch (const Unexpected& late) {
    std::string text = std::string(late.what()) + "; so far:";
    for (const auto& [seen, number] : so_far()) text += " " + seen + "=" + std::to_string(number);
    throw Unexpected(text);
  }
}

}  // namespace talkbeat::scenario
