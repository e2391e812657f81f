#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/key_file.h"
#include "base/rng.h"
#include "base/status.h"

namespace talkbeat {

/// The key that all servers of one cluster hold. Made by tools/start.sh, in a file that only its owner can read.
struct ClusterKey {
  KeyBytes bytes{};

  /// 64 hex digits, white space around them allowed. Refuses a file that others can read.
  static Result<ClusterKey> load(const std::string& path);
};

/// Both sides of the mutual proof on port B+100: each shows, over fresh random numbers of both, that it holds the key,
/// without sending it (keyed BLAKE2b-256, the challenge and response of PROTOCOL.md, "Between servers"). Nothing of a
/// recorded handshake is worth anything in another one. A pure core.
class ClusterAuth {
 public:
  static constexpr size_t kNonceSize = 32;
  static constexpr size_t kMacSize = 32;

  explicit ClusterAuth(const ClusterKey& key) : key_(key) {}

  static std::string make_nonce(Rng& rng);

  /// What msg_server sends: it covers its epoch and name, so that nobody else can claim them.
  std::string prove_msg_server(std::string_view server_nonce, std::string_view client_nonce, uint64_t epoch,
                               std::string_view name) const;
  /// What login_server answers.
  std::string prove_login_server(std::string_view server_nonce, std::string_view client_nonce) const;

  /// Compares in constant time.
  static bool same(std::string_view left, std::string_view right);

 private:
  std::string mac(std::initializer_list<std::string_view> parts) const;

  ClusterKey key_;
};

}  // namespace talkbeat
