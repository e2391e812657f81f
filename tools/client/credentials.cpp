#include "tools/client/credentials.h"

#include <utility>

#include "base/timer_list.h"
#include "base/wire_password.h"

namespace talkbeat {

Credentials::Credentials(std::string user, const std::string& password)
    : user_(std::move(user)), password_(wire_password(password)) {}

void Credentials::fill(IM::Login::IMLoginReq& request, Tick now) {
  if (now >= token_until_) drop_token();
  token_offered_ = has_token();
  request.set_user_name(user_);
  request.set_password(token_offered_ ? "" : password_);
  if (token_offered_) request.set_session_token(token_);
}

// How long it lasts is what the server's two times say: our own wall clock may be wrong.
void Credentials::take(const IM::Login::IMLoginRes& answer, Tick now) {
  token_ = answer.session_token();
  const int64_t lasts_s = int64_t{answer.token_expires()} - int64_t{answer.server_time()};
  token_until_ = answer.has_token_expires() ? now + lasts_s * 1000 : TimerList::kNever;
}

bool Credentials::refused() {
  drop_token();
  return std::exchange(token_offered_, false);
}

}  // namespace talkbeat
