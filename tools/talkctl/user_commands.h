#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "msg_server/store/database.h"

namespace talkbeat {

/// The accounts in the store, changed and listed without any server. Each prints what it has done to stdout, as text or
/// as one JSON value, and fails with one line.
class UserCommands {
 public:
  UserCommands(Database& database, bool json) : database_(database), json_(json) {}

  Status add(const std::string& name, const std::string& password, const std::string& nick);
  /// PREFIX1, PREFIX2, …: one password hash for all, in batches. Those that exist are left as they are.
  Status add_many(const std::string& prefix, uint32_t first, uint32_t count, const std::string& password);
  Status list();
  Status set_password(const std::string& name, const std::string& password);
  Status set_disabled(const std::string& name, bool disabled);

 private:
  Result<Account> find(const std::string& name);
  Status in_batch(const std::string& what, StoreError& error, bool& refused);
  void say(const std::string& done, const Account& account);

  Database& database_;
  bool json_;
};

/// 1 to 64 bytes of UTF-8 without control characters; else why not.
Status check_user_name(const std::string& name);

}  // namespace talkbeat
