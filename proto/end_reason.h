#pragma once

#include <cstdint>
#include <optional>

namespace talkbeat {

/// Why an operator ends sessions of a user: stands in IMServerKickUser.reason, whose other values are KickReasonType's.
/// login_server passes such an order on to every other msg_server, also to those that it knows no session of the user
/// on: a login may be under way there.
enum class EndReason : uint32_t {
  kRevoked = 101,  ///< the account has been disabled, has a new password, or its sessions were revoked
  kKicked = 102,   ///< the operator has ended the session; the user may log in again
};

/// Nothing where it is no such order.
constexpr std::optional<EndReason> end_reason_of(uint32_t reason) {
  const auto end = static_cast<EndReason>(reason);
  return end == EndReason::kRevoked || end == EndReason::kKicked ? std::optional(end) : std::nullopt;
}

}  // namespace talkbeat
