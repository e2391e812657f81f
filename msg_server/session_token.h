#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/cluster_auth.h"
#include "msg_server/user_directory.h"

namespace talkbeat {

/// What a session token says. That it says so proves that a server of this cluster has checked the user's password.
struct TokenClaims {
  UserId user = 0;
  ClientClass client_class = ClientClass::kPc;
  uint32_t token_version = 0;  ///< the account's, when the token was made: a token of another one is void
  uint32_t expires = 0;        ///< Unix seconds; from then on it is void

  bool operator==(const TokenClaims&) const = default;
};

/// Why a token says nothing.
enum class TokenFault : uint8_t {
  kForged,   ///< not made by a holder of the cluster key, not for this name, or altered since
  kExpired,  ///< authentic, and too old
};

/// Session tokens: what a client shows in place of its password when it comes back (PROTOCOL.md, "Logging in"). Made
/// and checked with nothing but the cluster key, so each is good on every msg_server of the cluster, whatever has been
/// restarted since. A pure core, owned by MsgServer; costs a microsecond.
///
///   const std::string token = tokens.issue("alice", {account.id, ClientClass::kPc, account.token_version, expires});
///   const auto checked = tokens.verify(request.session_token(), request.user_name(), loop.unix_seconds());
///   if (const auto* claims = std::get_if<TokenClaims>(&checked)) … compare them with the account …
///
/// On the wire, 46 bytes that mean nothing to a client: version 1, client class, user id, token version, expiry (32-bit
/// little-endian each), and a keyed BLAKE2b-256 over those 14 bytes and the login name.
class SessionTokens {
 public:
  static constexpr size_t kSize = 46;

  explicit SessionTokens(const ClusterKey& key);

  std::string issue(std::string_view name, const TokenClaims& claims) const;
  /// `now` in Unix seconds. Takes the same time for whatever a stranger has made up.
  std::variant<TokenClaims, TokenFault> verify(std::string_view token, std::string_view name, int64_t now) const;

 private:
  std::string mac(std::string_view claims, std::string_view name) const;

  std::array<unsigned char, 32> key_{};
};

}  // namespace talkbeat
