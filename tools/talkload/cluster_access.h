#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/status.h"
#include "msg_server/session_token.h"

namespace talkbeat::load {

struct LoadOptions;

/// Who the simulated clients are: users PREFIX1, PREFIX2, …; 8 bytes each. Made before the load processes are forked,
/// which share it. Where it holds the cluster's key, clients log in with tokens made here, at no cost of a password
/// check.
class UserBook {
 public:
  UserBook(std::string prefix, std::string password) : prefix_(std::move(prefix)), password_(std::move(password)) {}

  /// User 0, 1, 2, …
  std::string name(uint32_t user) const { return prefix_ + std::to_string(user + 1); }
  /// 0: not known before the login.
  uint32_t id(uint32_t user) const { return user < ids_.size() ? ids_[user] : 0; }
  const std::string& password() const { return password_; }
  bool has_tokens() const { return tokens_.has_value(); }
  std::string token(uint32_t user) const;

  void use_key(const ClusterKey& key, uint32_t expires);
  void add(uint32_t id, uint32_t token_version);

 private:
  std::string prefix_;
  std::string password_;
  std::vector<uint32_t> ids_;
  std::vector<uint32_t> versions_;
  std::optional<SessionTokens> tokens_;
  uint32_t expires_ = 0;
};

/// Where the load goes to.
struct ClusterAccess {
  std::vector<Address> login_servers;  ///< client ports, where clients ask for a msg_server
  std::vector<Address> msg_servers;    ///< client ports; empty: each client asks a login_server
  UserBook users;
};

/// Looks a cluster up (--dir), or resolves --login. One line of words where that does not work. Blocks; before the
/// fork.
Result<ClusterAccess> find_cluster(const LoadOptions& options);
/// With --dir: makes sure that there are `count` users, at 50,000 a second or so, and learns their ids. Holds the store
/// open no longer than that. Fails where `cancelled()`, which is asked some times a second.
Status prepare_users(const LoadOptions& options, uint32_t count, UserBook& users,
                     const std::function<bool()>& cancelled);

}  // namespace talkbeat::load
