#pragma once

#include <cstdint>
#include <functional>
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
  /// Runs one write in a batch of its own.
  template <class T>
  Result<T> commit(const std::function<StoreResult<T>(Database&)>& write, const std::string& name);
  /// How many of the names first … last were new.
  Result<uint32_t> add_batch(const std::string& prefix, uint32_t first, uint32_t last, const std::string& hash);
  Error failure(StoreError error, const std::string& name) const;
  void say(const std::string& done, UserId id, const std::string& name) const;

  Database& database_;
  bool json_;
};

/// 1 to 64 bytes of UTF-8 without control characters; else why not.
Status check_user_name(const std::string& name);

}  // namespace talkbeat
