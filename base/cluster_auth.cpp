#include "base/cluster_auth.h"

#include <sodium.h>

namespace talkbeat {

namespace {

std::string little_endian(uint64_t value) {
  std::string bytes(sizeof value, '\0');
  for (size_t i = 0; i < sizeof value; ++i) bytes[i] = static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}

}  // namespace

Result<ClusterKey> ClusterKey::load(const std::string& path) {
  Result<KeyBytes> bytes = load_key_file(path, "cluster key");
  if (!bytes.ok()) return Error{bytes.message()};
  return ClusterKey{bytes.value()};
}

std::string ClusterAuth::make_nonce(Rng& rng) {
  std::string nonce(kNonceSize, '\0');
  rng.fill(std::as_writable_bytes(std::span(nonce)));
  return nonce;
}

std::string ClusterAuth::prove_msg_server(std::string_view server_nonce, std::string_view client_nonce, uint64_t epoch,
                                          std::string_view name) const {
  return mac({"talkbeat msg_server", server_nonce, client_nonce, little_endian(epoch), name});
}

std::string ClusterAuth::prove_login_server(std::string_view server_nonce, std::string_view client_nonce) const {
  return mac({"talkbeat login_server", client_nonce, server_nonce});
}

bool ClusterAuth::same(std::string_view left, std::string_view right) {
  return same_bytes(left, right);
}

// Each part goes in behind its length: else a peer that chooses one part's length could move bytes between the others.
std::string ClusterAuth::mac(std::initializer_list<std::string_view> parts) const {
  crypto_generichash_state state;
  ::crypto_generichash_init(&state, key_.bytes.data(), key_.bytes.size(), kMacSize);
  for (const std::string_view part : parts) {
    const std::string length = little_endian(part.size());
    ::crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(length.data()), length.size());
    ::crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  std::string out(kMacSize, '\0');
  ::crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(out.data()), out.size());
  return out;
}

}  // namespace talkbeat
