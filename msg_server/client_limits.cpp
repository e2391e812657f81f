#include "msg_server/client_limits.h"

#include <algorithm>

namespace talkbeat {

namespace {

// What is not a file's bytes in a PDU that carries some.
constexpr size_t kAroundBytes = 4 << 10;

// How slowly a file is taken is nobody's business but its receiver's: what waits for it is bounded by what it may have
// asked for, and files.peer_timeout says how long nothing may move.
OutLimits transfer_limits(const FileSettings& files) {
  const size_t most = (files.max_pulls + 2) * (files.max_chunk + kAroundBytes);
  return {.soft = most, .soft_ms = 0, .hard = most};
}

void apply_rates(const ClientSettings& settings, ClientSession& session) {
  session.messages.set_limits(settings.message_rate, settings.message_burst);
  session.requests.set_limits(settings.request_rate, settings.request_burst);
}

}  // namespace

void apply_limits(const MsgServerConfig& config, Connection& connection) {
  const ClientSettings& settings = config.client;
  auto& session = connection.attachment<ClientSession>();
  apply_rates(settings, session);
  if (session.phase == Phase::kOnline) {
    session.max_pdu = settings.max_pdu;
    connection.set_out_limits(settings.out);
  } else if (session.phase == Phase::kTransfer) {
    session.max_pdu = std::max(settings.max_pdu, config.files.max_chunk + kAroundBytes);
    connection.set_out_limits(transfer_limits(config.files));
  } else {
    session.max_pdu = settings.max_pdu_before_login;
    connection.set_out_limits({settings.max_queued_before_login, 0, settings.max_queued_before_login});
  }
}

void renew_limits(const MsgServerConfig& config, Connection& connection) {
  auto& session = connection.attachment<ClientSession>();
  if (session.phase == Phase::kTransfer) {
    apply_rates(config.client, session);
  } else {
    apply_limits(config, connection);
  }
}

Verdict rate_limited(const ClientSession& session) {
  return Verdict::refused(ERROR_RATE_LIMITED, "too many requests: wait and ask again",
                          static_cast<uint32_t>(session.requests.wait_ms()));
}

}  // namespace talkbeat
