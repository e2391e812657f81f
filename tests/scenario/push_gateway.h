#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/event_loop.h"
#include "base/http_response.h"
#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

/// A push gateway on a port of its own, in a thread of its own, that does as the test says. Its methods are for the
/// test's thread.
///
///   PushGateway gateway;
///   Cluster cluster({.settings = gateway.settings()});
///   …
///   const auto push = gateway.expect_push(bob.user_id());
class PushGateway {
 public:
  struct Request {
    std::string signature;
    std::string body;
    int answered = 0;  ///< with this status; 0: not at all

    nlohmann::json json() const { return nlohmann::json::parse(body); }
    std::string delivery() const { return json()["delivery"]; }
  };

  PushGateway();
  ~PushGateway();
  PushGateway(const PushGateway&) = delete;
  PushGateway& operator=(const PushGateway&) = delete;

  /// For the cluster: where it is, its key, and quick retries; then `more`.
  std::vector<std::string> settings(const std::vector<std::string>& more = {}) const;
  const std::filesystem::path& secret_file() const { return secret_file_; }

  /// What it answers from now on.
  void answer(int status, const std::string& body = "", const std::string& retry_after = "");
  /// It takes requests and never answers them.
  void fall_silent();
  /// Nobody listens on its port; what was accepted is closed.
  void go_down();
  void come_up();

  /// All requests so far.
  std::vector<Request> requests() const;
  /// The pushes that it has taken (answered 2xx), in order.
  std::vector<nlohmann::json> pushes() const;
  size_t pushes_for(uint32_t user) const;
  /// The latest push for the user, when it has taken at least `count`.
  nlohmann::json expect_push(uint32_t user, size_t count = 1) const;

  /// Whether the request was signed with this key, as OpenSSL reckons.
  static bool signed_with(const Request& request, const std::string& key);
  static const std::string& key();

 private:
  void serve();
  std::optional<HttpResponse> take(const std::string& signature, const std::string& body);

  ScratchDirectory scratch_;
  const std::filesystem::path secret_file_;
  Address address_{"127.0.0.1", 0};

  mutable std::mutex mutex_;  // guards the three below
  std::vector<Request> requests_;
  HttpResponse response_;
  bool silent_ = false;

  EventLoop* loop_ = nullptr;  // of the thread that runs
  std::thread thread_;
};

}  // namespace talkbeat::scenario
