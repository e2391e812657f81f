#pragma once

#include "base/inline_executor.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "login_server/login_server.h"
#include "tests/fuzz/http_world.h"
#include "tests/fuzz/pdu_world.h"

namespace talkbeat::fuzz {

/// A whole login_server, for peers that speak PDUs or HTTP (World); a target says to which port they connect.
template <class World>
class LoginServerWorld : public World {
 public:
  static login::LoginServerConfig small_config() {
    login::LoginServerConfig config;
    config.client.listen = {"192.0.2.1", 8008};
    config.client.http_listen = {"192.0.2.1", 8080};
    config.cluster.listen = {"127.0.0.1", 8100};
    config.cluster.link.max_pdu = 64 << 10;
    config.cluster.link.out = {.soft = 128 << 10, .soft_ms = 10'000, .hard = 512 << 10};
    config.presence.chunk = 3;
    return config;
  }

  explicit LoginServerWorld(uint16_t port, const login::LoginServerConfig& config = small_config())
      : port_(port), config_(config) {
    CHECK(server_.start().ok());
  }

  static ClusterKey key() {
    ClusterKey key;
    key.bytes[0] = 1;
    return key;
  }

 protected:
  StreamPtr open(uint8_t /*number*/) override { return this->network.dial(port_, "127.0.0.1"); }
  void run_workers() override { disk_.run_all(); }
  void stop() override {
    server_.stop([this] { stopped_ = true; });
  }
  bool stopped() const override { return stopped_; }

 private:
  const uint16_t port_;
  const login::LoginServerConfig config_;
  InlineExecutor disk_;
  SeededRng rng_{1};
  Metrics metrics_{this->clock};
  bool stopped_ = false;
  login::LoginServer server_{this->loop, disk_, rng_, metrics_, config_, key()};
};

}  // namespace talkbeat::fuzz
