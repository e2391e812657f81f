#include "login_server/server_registry.h"

#include "base/check.h"

namespace talkbeat::login {

void MsgServer::hand_out(Tick now, bool keep_place) {
  handed_out.add(now);
  if (keep_place) kept.add(now);
}

void MsgServer::arrived(uint64_t clients) {
  handed_out.arrived(clients);
  kept.arrived(clients);
}

void MsgServer::forget_before(Tick time) {
  handed_out.forget_before(time);
  kept.forget_before(time);
}

MsgServer& ServerRegistry::add(MsgServer server) {
  const ServerId id = server.id;
  const auto [place, is_new] = servers_.emplace(id, std::move(server));
  CHECK(is_new);
  return place->second;
}

MsgServer* ServerRegistry::find(ServerId id) {
  const auto found = servers_.find(id);
  return found != servers_.end() ? &found->second : nullptr;
}

// There are few servers, and registrations are rare.
MsgServer* ServerRegistry::find_name(const std::string& name) {
  for (auto& [id, server] : servers_) {
    if (server.name == name) return &server;
  }
  return nullptr;
}

void ServerRegistry::take_load(ServerId id, const LoadReport& report) {
  MsgServer* server = find(id);
  if (server == nullptr) return;
  if (report.connections > server->connections) server->arrived(report.connections - server->connections);
  server->connections = report.connections;
  server->max_connections = report.max_connections;
  server->draining = report.draining;
  server->message_sequence = report.message_sequence;
}

void ServerRegistry::count_client(ServerId id, bool more) {
  MsgServer* server = find(id);
  if (server == nullptr) return;
  if (more) {
    ++server->connections;
    server->arrived(1);
  } else if (server->connections > 0) {
    --server->connections;
  }
}

void ServerRegistry::for_each(const std::function<void(MsgServer&)>& visit) {
  for (auto& [id, server] : servers_) visit(server);
}

}  // namespace talkbeat::login
