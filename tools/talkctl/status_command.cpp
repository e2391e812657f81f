#include "tools/talkctl/status_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "tools/talkctl/http_call.h"
#include "tools/talkctl/table.h"

namespace talkbeat {

namespace {

using Json = nlohmann::ordered_json;

struct Server {
  std::string name;
  Address http;
  Json report;  // null where it did not answer
  std::string error;

  bool up() const { return error.empty(); }
  bool draining() const { return up() && report.value("status", "") == "draining"; }
};

Server ask(const std::string& name, const Address& http, const std::string& path) {
  Server server{name, http, nullptr, ""};
  const Result<std::string> answer = http_get(http, path);
  if (!answer.ok()) {
    server.error = answer.message();
    return server;
  }
  server.report = Json::parse(answer.value(), nullptr, false);
  if (server.report.is_discarded() || !server.report.is_object()) {
    server.report = nullptr;
    server.error = "the answer is not JSON";
  }
  return server;
}

// "17", or "-" where the report has no such number.
std::string figure(const Json& report, const char* key) {
  if (!report.is_object() || !report.contains(key)) return "-";
  const Json& value = report[key];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string state_of(const Server& server) {
  if (server.draining()) return "draining, clients left: " + figure(server.report, "clients_left");
  return server.up() ? "up" : "down: " + server.error;
}

size_t registered_with(const Server& login_server) {
  const Json& report = login_server.report;
  return report.is_object() && report.contains("servers") ? report["servers"].size() : 0;
}

void print_tables(const std::vector<Server>& login_servers, const std::vector<Server>& msg_servers) {
  Table logins({"LOGIN_SERVER", "HTTP", "MSG_SERVERS", "USERS_ONLINE", "STATE"});
  for (const Server& server : login_servers) {
    logins.add({server.name, server.http.to_string(), server.up() ? std::to_string(registered_with(server)) : "-",
                figure(server.report, "users_online"), state_of(server)});
  }
  Table messages({"MSG_SERVER", "HTTP", "CONNECTIONS", "USERS", "UPTIME_S", "STATE"});
  for (const Server& server : msg_servers) {
    messages.add({server.name, server.http.to_string(), figure(server.report, "connections"),
                  figure(server.report, "users"), figure(server.report, "uptime_seconds"), state_of(server)});
  }
  std::cout << logins.text() << "\n" << messages.text();
}

Json to_json(const std::vector<Server>& servers) {
  Json list = Json::array();
  for (const Server& server : servers) {
    Json entry{{"name", server.name}, {"http", server.http.to_string()}, {"up", server.up()}};
    if (server.up()) {
      entry["report"] = server.report;
    } else {
      entry["error"] = server.error;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

bool print_status(const ClusterFiles& files, bool json) {
  std::vector<Server> login_servers;
  std::vector<Server> msg_servers;
  for (int i = 0; i < files.login_servers; ++i) {
    login_servers.push_back(ask("login_server_" + std::to_string(i), files.login_server_http(i), "/api/cluster"));
  }
  for (int i = 0; i < files.msg_servers; ++i) {
    msg_servers.push_back(ask("msg_server_" + std::to_string(i), files.msg_server_http(i), "/healthz"));
  }
  bool healthy = true;
  for (const Server& server : login_servers) healthy = healthy && registered_with(server) >= msg_servers.size();
  for (const Server& server : msg_servers) healthy = healthy && server.up() && !server.draining();
  if (json) {
    const Json report{
        {"healthy", healthy}, {"login_servers", to_json(login_servers)}, {"msg_servers", to_json(msg_servers)}};
    std::cout << json_text(report, 2) << "\n";
  } else {
    print_tables(login_servers, msg_servers);
  }
  return healthy;
}

}  // namespace talkbeat
