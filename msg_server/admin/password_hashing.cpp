#include "msg_server/admin/password_hashing.h"

#include <utility>

#include "base/wire_password.h"
#include "msg_server/password.h"

namespace talkbeat::admin {

AdminResult hash_then(const AdminCall& call, const std::string& typed, std::function<void(const std::string&)> go_on) {
  const auto job = [reply = call.reply, secret = wire_password(typed), cost = call.server().config.password.cost,
                    go_on = std::move(go_on)]() -> Task {
    return [reply, go_on, hash = hash_password(secret, cost)] {
      hash.empty() ? reply(busy("no memory to hash the password")) : go_on(hash);
    };
  };
  if (call.server().hashing.try_submit(job)) return std::nullopt;
  return busy("too many logins wait for their password check");
}

}  // namespace talkbeat::admin
