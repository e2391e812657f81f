#pragma once

#include <string>
#include <vector>

#include "base/connection.h"
#include "base/metrics.h"
#include "login_server/allocation.h"
#include "login_server/config.h"
#include "login_server/reservations.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat::login {

/// What a client is told when it asks for a msg_server.
struct Directions {
  AllocationResult result = AllocationResult::kNoServer;
  std::string prior_ip;  // these only where kAllocated
  std::string backup_ip;
  uint16_t port = 0;
  uint16_t tls_port = 0;  // 0: that server has none
};

/// Answers "which msg_server shall I use?", by whichever port it was asked, and "where can my clients go?". Whoever is
/// sent somewhere counts there at once, so that newcomers and the clients of several draining servers share the free
/// capacity. The loop's thread only.
///
///   const Directions directions = discovery.direct(connection);
///   send_pdu(link, discovery.places(link, request.clients()));
class Discovery {
 public:
  Discovery(ServerRegistry& registry, Metrics& metrics, const AllocationSettings& settings);

  /// Who asks over TLS is sent only to a msg_server that has it.
  Directions direct(const Connection& asker);
  /// Places on other msg_servers for so many clients of the one at the other end of `link`; fewer where no more fit.
  TbPlacesRsp places(const Connection& link, uint32_t clients);

  /// No answer holds more places than this: a msg_server asks for them in steps.
  static constexpr uint32_t kMaxPlaces = 10'000;

 private:
  ServerRegistry& registry_;
  Reservations reservations_;
  const AllocationSettings& settings_;
  std::vector<Counter> allocations_;  // by AllocationResult
  std::vector<Counter> places_;       // the same
};

}  // namespace talkbeat::login
