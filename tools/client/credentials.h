#pragma once

#include <string>

#include "base/clock.h"
#include "proto/login.pb.h"

namespace talkbeat {

/// What a client logs in with: the session token of its last login while it has one, else the password. A pure core.
///
///   credentials.fill(request, now);
///   … accepted: credentials.take(answer, now); refused: if (credentials.refused()) log in once more
class Credentials {
 public:
  Credentials(std::string user, const std::string& password);

  void fill(IM::Login::IMLoginReq& request, Tick now);
  /// The login has succeeded: the answer's token, or none, takes the place of the one before.
  void take(const IM::Login::IMLoginRes& answer, Tick now);
  /// What the last fill() gave was wrong. True: it was the token, which is dropped, and the password is still to be
  /// tried.
  bool refused();
  void drop_token() { token_.clear(); }
  bool has_token() const { return !token_.empty(); }

 private:
  std::string user_;
  std::string password_;  // as it goes over the wire
  std::string token_;
  Tick token_until_ = 0;
  bool token_offered_ = false;
};

}  // namespace talkbeat
