#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace talkbeat {

/// Signs what goes to the push gateway, so that it can tell our requests from anybody's, and an old one that somebody
/// repeats from a new one: HMAC-SHA256 over "UNIXSECONDS.BODY". A value; pure but for load().
///
///   const auto secret = PushSecret::load("push.secret");
///   if (!secret.ok()) return secret.message();
///   headers.emplace_back(PushSecret::kHeader, secret.value().sign(body, unix_seconds));
class PushSecret {
 public:
  static constexpr const char* kHeader = "X-TalkBeat-Signature";
  static constexpr size_t kMinSize = 16;
  static constexpr size_t kMaxSize = 1'024;

  /// The file's one line is the key, as it stands there. Fails where there is none, others may read it, or it is too
  /// short to be one.
  static Result<PushSecret> load(const std::string& path);
  explicit PushSecret(std::string key) : key_(std::move(key)) {}

  /// "t=1700000000,v1=5257a869…"
  std::string sign(std::string_view body, int64_t unix_seconds) const;

 private:
  std::string key_;
};

}  // namespace talkbeat
