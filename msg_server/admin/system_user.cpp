#include "msg_server/admin/system_user.h"

namespace talkbeat::admin {

StoreResult<Checked<UserId>> system_user(Database& db, const std::string& name, int64_t now) {
  const auto account = db.find_account(name);
  if (!account.ok()) return account.error();
  if (!account.value()) {
    const auto added = db.add_user({name, kNoPassword, name}, now);
    if (!added.ok()) return added.error();
    return Checked<UserId>{added.value()};
  }
  if (account.value()->password_hash != kNoPassword || account.value()->disabled) {
    return Checked<UserId>{0, refusal(409,
                                      "the system user, " + name +
                                          ", is an account that somebody can log in to, "
                                          "or a disabled one",
                                      "have admin.system_user name another one")};
  }
  return Checked<UserId>{account.value()->id};
}

}  // namespace talkbeat::admin
