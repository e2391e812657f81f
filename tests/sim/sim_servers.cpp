#include "tests/sim/sim_servers.h"

#include <utility>

#include "base/check.h"

namespace talkbeat::sim {

namespace {

constexpr const char* kAnyAddress = "0.0.0.0";
constexpr Tick kLookAgainMs = 50;
// So little that a link whose other end stands still gets there.
constexpr OutLimits kLinkOut{.soft = 64 << 10, .soft_ms = 30'000, .hard = 256 << 10};

login::LoginServerConfig login_config(size_t number) {
  login::LoginServerConfig config;
  config.name = "login_server_" + std::to_string(number);
  config.client.listen = {kAnyAddress, kLoginClientPort};
  config.client.http_listen = {kAnyAddress, kLoginHttpPort};
  config.cluster.listen = {kAnyAddress, kLoginClusterPort};
  config.cluster.link.out = kLinkOut;
  return config;
}

// The least that Argon2id can cost: what it protects is not at stake here.
MsgServerConfig msg_config(size_t number, const SimMsgServer::Settings& settings) {
  MsgServerConfig config;
  config.name = "msg_server_" + std::to_string(number);
  config.client.listen = {kAnyAddress, kMsgClientPort};
  config.client.out = settings.out;
  config.http_listen = {kAnyAddress, kMsgHttpPort};
  config.cluster.login_servers = settings.login_servers;
  config.cluster.link.out = kLinkOut;
  config.password.cost = {.operations = 1, .memory_bytes = 8 << 10};
  return config;
}

}  // namespace

ClusterKey sim_cluster_key() {
  ClusterKey key;
  key.bytes.fill(7);
  return key;
}

SimLoginServer::SimLoginServer(const Place& place, size_t number)
    : config_(login_config(number)),
      process_(place.scheduler, place.network, place.trace, place.host, place.seed, place.wall_error, place.misuse),
      disk_(process_, pace_, 1'000),
      metrics_(process_.clock()),
      server_(process_.loop(), disk_, process_.rng(), metrics_, config_, sim_cluster_key()) {
  CHECK(server_.start().ok());
}

void SimLoginServer::stop(std::function<void()> gone) {
  process_.loop().post([this, gone = std::move(gone)] { server_.stop(gone); });
}

SimMsgServer::SimMsgServer(const Place& place, size_t number, const Settings& settings, SimStore& store,
                           std::function<void()> committed)
    : config_(msg_config(number, settings)),
      process_(place.scheduler, place.network, place.trace, place.host, place.seed, place.wall_error, place.misuse),
      writes_(process_, store.writing(), 4, std::move(committed)),
      reads_(process_, store.reading(), config_.store.max_queued_reads),
      hashing_(process_, hashing_pace_, config_.password.max_queued),
      files_(process_, hashing_pace_, config_.files.max_queued),
      store_(store.database(), writes_, store.database(), reads_, config_.store.limits,
             [this](Task task) { process_.loop().post(std::move(task)); }),
      metrics_(process_.clock()),
      server_(process_.loop(), store_, hashing_, files_, process_.rng(), metrics_, config_, sim_cluster_key()) {
  server_.when_gone([this] { begin_drain(); });
  CHECK(server_.start().ok());
}

void SimMsgServer::drain(std::function<void()> gone) {
  gone_ = std::move(gone);
  process_.loop().post([this] { server_.drain(); });
}

// As main() winds down: the ports are closed, and what waits for the connections still goes out.
void SimMsgServer::begin_drain() {
  process_.loop().post([this] {
    server_.stop();
    check_gone();
  });
}

void SimMsgServer::check_gone() {
  if (server_.stopped()) {
    gone_();
  } else {
    process_.scheduler().after(kLookAgainMs, process_.owner(), [this] { check_gone(); });
  }
}

double SimMsgServer::closed(const std::string& role, CloseReason reason) {
  return metrics_
      .counter("talkbeat_connections_closed_total", "Connections closed, by what they were for and why they ended.",
               {{"role", role}, {"reason", to_string(reason)}})
      .value();
}

}  // namespace talkbeat::sim
