#include "tools/talkload/cluster_access.h"

#include <algorithm>
#include <ctime>
#include <memory>

#include "base/resolve.h"
#include "base/wire_password.h"
#include "msg_server/password.h"
#include "msg_server/store/sqlite_database.h"
#include "tools/talkctl/cluster_files.h"
#include "tools/talkload/load_options.h"

namespace talkbeat::load {

namespace {

constexpr uint32_t kBatch = 5'000;  // servers that write to the same file wait for so many at most
constexpr uint32_t kTokenSeconds = 7 * 24 * 3600;

int64_t unix_now() {
  return static_cast<int64_t>(std::time(nullptr));
}

Result<ClusterAccess> find_local(const LoadOptions& options) {
  const Result<ClusterFiles> files = ClusterFiles::read(options.dir);
  if (!files.ok()) return Error{files.message()};
  ClusterAccess access{{}, {}, UserBook(options.prefix, options.password)};
  for (int k = 0; k < files.value().login_servers; ++k) {
    access.login_servers.push_back({"127.0.0.1", static_cast<uint16_t>(files.value().port_base + 8 + k)});
  }
  for (int k = 0; k < files.value().msg_servers; ++k) {
    access.msg_servers.push_back({"127.0.0.1", static_cast<uint16_t>(files.value().port_base + 200 + 10 * k)});
  }
  if (!options.with_passwords) {
    const Result<ClusterKey> key = ClusterKey::load(options.dir + "/cluster.key");
    if (!key.ok()) return Error{key.message()};
    access.users.use_key(key.value(), static_cast<uint32_t>(unix_now()) + kTokenSeconds);
  }
  return access;
}

Result<ClusterAccess> find_remote(const LoadOptions& options) {
  const Result<std::vector<Address>> addresses = resolve(options.login);
  if (!addresses.ok()) return Error{addresses.message()};
  return ClusterAccess{addresses.value(), {}, UserBook(options.prefix, options.password)};
}

// The accounts first … last of the book, made where they are missing, in one transaction.
class UserMaker {
 public:
  UserMaker(Database& database, UserBook& users) : database_(database), users_(users) {}

  Status make(uint32_t first, uint32_t last) {
    if (Status begun = database_.begin_batch(); !begun.ok()) return begun;
    for (uint32_t user = first; user < last; ++user) {
      if (Status known = know(user); !known.ok()) {
        database_.rollback_batch();
        return known;
      }
    }
    return database_.commit_batch();
  }

 private:
  Status know(uint32_t user) {
    const std::string name = users_.name(user);
    const auto found = database_.find_account(name);
    if (!found.ok()) return failure();
    if (!found.value()) return add(name);
    if (found.value()->disabled) return Error{"user " + name + " is disabled: talkctl user enable " + name};
    users_.add(found.value()->id, found.value()->token_version);
    return {};
  }
  Status add(const std::string& name) {
    if (hash_.empty()) hash_ = hash_password(wire_password(users_.password()), {});
    const auto added = database_.add_user({name, hash_, ""}, unix_now());
    if (!added.ok()) return failure();
    if (!first_version_) {
      const auto found = database_.find_account(name);
      if (!found.ok() || !found.value()) return failure();
      first_version_ = found.value()->token_version;  // all new accounts begin with the same
    }
    users_.add(added.value(), *first_version_);
    return {};
  }
  Error failure() const { return Error{"the store failed: " + database_.last_error()}; }

  Database& database_;
  UserBook& users_;
  std::string hash_;
  std::optional<uint32_t> first_version_;
};

}  // namespace

std::string UserBook::token(uint32_t user) const {
  if (!tokens_ || user >= ids_.size()) return {};
  const TokenClaims claims{
      .user = ids_[user], .client_class = ClientClass::kPc, .token_version = versions_[user], .expires = expires_};
  return tokens_->issue(name(user), claims);
}

void UserBook::use_key(const ClusterKey& key, uint32_t expires) {
  tokens_.emplace(key);
  expires_ = expires;
}

void UserBook::add(uint32_t id, uint32_t token_version) {
  ids_.push_back(id);
  versions_.push_back(token_version);
}

Result<ClusterAccess> find_cluster(const LoadOptions& options) {
  Result<ClusterAccess> access = options.dir.empty() ? find_remote(options) : find_local(options);
  if (!access.ok()) return access;
  const int pinned = options.msg_server;
  if (pinned >= static_cast<int>(access.value().msg_servers.size()) && !access.value().msg_servers.empty()) {
    return Error{"--msg-server " + std::to_string(pinned) + ": the cluster has " +
                 std::to_string(access.value().msg_servers.size()) + ", counted from 0"};
  }
  if (options.across && access.value().msg_servers.size() < 2) {
    return Error{"--across: the cluster has only one msg_server (tools/start.sh --msg-servers 2)"};
  }
  if (options.find_server) access.value().msg_servers.clear();
  return access;
}

Status prepare_users(const LoadOptions& options, uint32_t count, UserBook& users,
                     const std::function<bool()>& cancelled) {
  if (options.dir.empty()) return {};
  auto opened = SqliteDatabase::open({.path = options.dir + "/talkbeat.db", .upkeep_in_commit = true});
  if (!opened.ok()) return Error{opened.message()};
  UserMaker maker(*opened.value(), users);
  for (uint32_t done = 0; done < count;) {
    if (cancelled()) return Error{"interrupted while the users were made"};
    const uint32_t last = std::min(count, done + kBatch);
    if (Status made = maker.make(done, last); !made.ok()) return made;
    done = last;
  }
  return {};
}

}  // namespace talkbeat::load
