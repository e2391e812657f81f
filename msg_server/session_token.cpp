#include "msg_server/session_token.h"

#include <sodium.h>

#include "base/check.h"

namespace talkbeat {

namespace {

constexpr char kVersion = 1;
constexpr size_t kMacSize = 32;
constexpr size_t kClaimsSize = SessionTokens::kSize - kMacSize;

// One key, one purpose: what is proved with the cluster key on the servers' port says nothing here.
constexpr const char* kKeyContext = "sesstokn";
constexpr uint64_t kKeyNumber = 1;
static_assert(crypto_kdf_KEYBYTES == sizeof(ClusterKey::bytes));
static_assert(std::char_traits<char>::length(kKeyContext) == crypto_kdf_CONTEXTBYTES);

void put(std::string& out, uint32_t value) {
  for (size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> 8 * i & 0xff));
}

uint32_t get(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < sizeof value; ++i) {
    value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * i;
  }
  return value;
}

std::string encode(const TokenClaims& claims) {
  std::string out;
  out.reserve(SessionTokens::kSize);
  out.push_back(kVersion);
  out.push_back(static_cast<char>(claims.client_class));
  put(out, claims.user);
  put(out, claims.token_version);
  put(out, claims.expires);
  CHECK(out.size() == kClaimsSize);
  return out;
}

TokenClaims decode(std::string_view bytes) {
  return {.user = get(bytes, 2),
          .client_class = static_cast<ClientClass>(bytes[1]),
          .token_version = get(bytes, 6),
          .expires = get(bytes, 10)};
}

}  // namespace

SessionTokens::SessionTokens(const ClusterKey& key) {
  CHECK(::crypto_kdf_derive_from_key(key_.data(), key_.size(), kKeyNumber, kKeyContext, key.bytes.data()) == 0);
}

std::string SessionTokens::issue(std::string_view name, const TokenClaims& claims) const {
  std::string token = encode(claims);
  return token += mac(token, name);
}

std::variant<TokenClaims, TokenFault> SessionTokens::verify(std::string_view token, std::string_view name,
                                                            int64_t now) const {
  if (token.size() != kSize || token[0] != kVersion) return TokenFault::kForged;
  const std::string_view claims = token.substr(0, kClaimsSize);
  if (!ClusterAuth::same(token.substr(kClaimsSize), mac(claims, name))) return TokenFault::kForged;
  const TokenClaims claimed = decode(claims);
  if (now >= static_cast<int64_t>(claimed.expires)) return TokenFault::kExpired;
  return claimed;
}

// The claims have one length only, so nothing can move between them and the name. The name binds the token to this
// store's account: ids begin anew in a new one.
std::string SessionTokens::mac(std::string_view claims, std::string_view name) const {
  crypto_generichash_state state;
  ::crypto_generichash_init(&state, key_.data(), key_.size(), kMacSize);
  for (const std::string_view part : {claims, name}) {
    ::crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  std::string out(kMacSize, '\0');
  ::crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(out.data()), out.size());
  return out;
}

}  // namespace talkbeat
