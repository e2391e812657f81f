#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "base/status.h"
#include "msg_server/store/database.h"

namespace talkbeat {

/// The accounts in the store, changed and listed without any server; what takes a right away also ends the user's live
/// sessions on the msg_servers that run. Each prints what it has done to stdout, as text or as one JSON value, and
/// fails with one line.
class UserCommands {
 public:
  /// `dir`: the cluster's directory.
  UserCommands(Database& database, std::string dir, bool json)
      : database_(database), dir_(std::move(dir)), json_(json) {}

  Status add(const std::string& name, const std::string& password, const std::string& nick);
  /// PREFIX1, PREFIX2, …: one password hash for all, in batches. Those that exist are left as they are.
  Status add_many(const std::string& prefix, uint32_t first, uint32_t count, const std::string& password);
  Status list();
  // These change the account first. Where a msg_server that may run could not be told to end the sessions, they fail
  // and name it: the change has been made all the same.
  Status set_password(const std::string& name, const std::string& password);
  Status disable(const std::string& name);
  /// Logs the user out everywhere: no session token that was given until now is good any more.
  Status revoke(const std::string& name);

  Status enable(const std::string& name);

 private:
  Result<Account> find(const std::string& name);
  /// Runs one write in a batch of its own.
  template <class T>
  Result<T> commit(const std::function<StoreResult<T>(Database&)>& write, const std::string& name);
  /// How many of the names first … last were new.
  Result<uint32_t> add_batch(const std::string& prefix, uint32_t first, uint32_t last, const std::string& hash);
  Error failure(StoreError error, const std::string& name) const;
  /// Changes the account in a batch of its own; its id.
  Result<UserId> change(const std::string& name, const std::function<StoreResult<Done>(Database&, UserId)>& write);
  /// The last part of the commands that take a right away.
  Status end_live_sessions(const Result<UserId>& changed, const std::string& done, const std::string& name) const;
  void say(const std::string& done, UserId id, const std::string& name) const;

  Database& database_;
  std::string dir_;
  bool json_;
};

/// 1 to 64 bytes of UTF-8 without control characters; else why not.
Status check_user_name(const std::string& name);

}  // namespace talkbeat
