#include "tests/scenario/joined_server.h"

namespace talkbeat::scenario {

JoinedServer::JoinedServer(const Cluster& cluster, const std::vector<std::string>& settings)
    : client_port_(static_cast<uint16_t>(cluster.port_base() + 290)),
      http_port_(static_cast<uint16_t>(cluster.port_base() + 293)),
      log_(cluster.directory() / "log/msg_server_9.log"),
      program_(command(cluster, settings)) {
  wait_until(
      "msg_server_9 serves", [this] { return get("/readyz").status == 200; }, 3 * kPatience);
}

std::vector<std::string> JoinedServer::command(const Cluster& cluster, const std::vector<std::string>& settings) const {
  const std::filesystem::path& dir = cluster.directory();
  const std::string here = "127.0.0.1:";
  std::vector<std::string> all{
      "server.name=msg_server_9",
      "client.listen=" + here + std::to_string(client_port_),
      "http.listen=" + here + std::to_string(http_port_),
      "cluster.login_servers=" + here + std::to_string(cluster.servers_port("login_server_0")),
      "store.path=" + (dir / "talkbeat.db").string(),
      "cluster.key_file=" + (dir / "cluster.key").string(),
      "log.file=" + log_.string(),
  };
  all.insert(all.end(), settings.begin(), settings.end());
  std::vector<std::string> words{programs() / "msg_server"};
  for (const std::string& setting : all) {
    words.push_back("--set");
    words.push_back(setting);
  }
  return words;
}

}  // namespace talkbeat::scenario
