#include "tools/talkctl/user_commands.h"

#include <unistd.h>

#include <chrono>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/wire_password.h"
#include "msg_server/password.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/admin_client.h"
#include "tools/talkctl/live_sessions.h"
#include "tools/talkctl/table.h"

namespace talkbeat {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxName = 64;
constexpr uint32_t kBatch = 5'000;  // servers that write to the same file wait for so many at most
constexpr size_t kListPage = 5'000;

int64_t unix_now() {
  return static_cast<int64_t>(std::time(nullptr));
}

// Tells on a terminal how far it is, once that takes long enough to wonder.
class Progress {
 public:
  explicit Progress(uint32_t total) : total_(total) {}
  ~Progress() {
    if (shown_) std::cerr << "\r\x1b[K";
  }
  void report(uint32_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (::isatty(STDERR_FILENO) == 0 || now - started_ < std::chrono::seconds(1)) return;
    shown_ = true;
    std::cerr << "\r" << done << " of " << total_ << " users" << std::flush;
  }

 private:
  uint32_t total_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

Result<std::string> make_hash(const std::string& password) {
  if (password.empty()) return Error{"the password is empty"};
  std::string hash = hash_password(wire_password(password), {});
  if (hash.empty()) return Error{"no memory to hash the password"};
  return hash;
}

Json to_json(UserId id, const std::string& name, const std::string& done, const EndedSessions& ended) {
  Json untold = Json::array();
  for (const auto& [server, why] : ended.untold) untold.push_back({{"server", server}, {"why", why}});
  return {{"id", id},
          {"name", name},
          {"done", done},
          {"sessions_ended", ended.sessions},
          {"servers_told", ended.told},
          {"servers_not_told", untold}};
}

Status untold(const EndedSessions& ended, const std::string& name) {
  if (ended.untold.empty()) return {};
  std::string servers;
  for (const auto& [server, why] : ended.untold) servers += (servers.empty() ? "" : ", ") + server + " (" + why + ")";
  return Error{"the account is changed, but could not be told to " + servers + ": sessions of " + name +
               " may live on there; when it answers again: talkctl user revoke " + name};
}

}  // namespace

Status check_user_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxName) return Error{"a user's name has 1 to 64 bytes"};
  if (!is_utf8(name)) return Error{"a user's name is UTF-8"};
  if (printable(name) != name) return Error{"a user's name has no control characters"};
  return {};
}

Error UserCommands::failure(StoreError error, const std::string& name) const {
  switch (error) {
    case StoreError::kNameTaken:
      return Error{"user " + printable(name) + " exists already"};
    case StoreError::kUnknownUser:
      return Error{"no user " + printable(name)};
    default:
      break;
  }
  const std::string why = database_.last_error();
  return Error{"the store failed: " + (why.empty() ? to_string(error) : why)};
}

template <class T>
Result<T> UserCommands::commit(const std::function<StoreResult<T>(Database&)>& write, const std::string& name) {
  if (const Status begun = database_.begin_batch(); !begun.ok()) return Error{begun.message()};
  StoreResult<T> result = write(database_);
  if (!result.ok()) {
    const Error error = failure(result.error(), name);
    database_.rollback_batch();
    return error;
  }
  if (const Status committed = database_.commit_batch(); !committed.ok()) return Error{committed.message()};
  return std::move(result.value());
}

Result<Account> UserCommands::find(const std::string& name) {
  auto found = database_.find_account(name);
  if (!found.ok()) return failure(found.error(), name);
  if (!found.value()) return failure(StoreError::kUnknownUser, name);
  return *found.value();
}

void UserCommands::say(const std::string& done, UserId id, const std::string& name) const {
  if (json_) {
    std::cout << json_text({{"id", id}, {"name", name}, {"done", done}}) << "\n";
  } else {
    std::cout << "user " << printable(name) << " (id " << id << ") " << done << "\n";
  }
}

Status UserCommands::add(const std::string& name, const std::string& password, const std::string& nick) {
  if (Status status = check_user_name(name); !status.ok()) return status;
  const Result<std::string> hash = make_hash(password);
  if (!hash.ok()) return Error{hash.message()};
  const NewUser user{name, hash.value(), nick};
  const auto added = commit<UserId>([&user](Database& db) { return db.add_user(user, unix_now()); }, name);
  if (!added.ok()) return Error{added.message()};
  say("added", added.value(), name);
  return {};
}

Result<uint32_t> UserCommands::add_batch(const std::string& prefix, uint32_t first, uint32_t last,
                                         const std::string& hash) {
  const auto add_all = [&](Database& db) -> StoreResult<uint32_t> {
    uint32_t added = 0;
    const int64_t now = unix_now();
    for (uint32_t number = first; number <= last; ++number) {
      const auto user = db.add_user({prefix + std::to_string(number), hash, ""}, now);
      if (!user.ok() && user.error() != StoreError::kNameTaken) return user.error();
      if (user.ok()) ++added;
    }
    return added;
  };
  return commit<uint32_t>(add_all, prefix);
}

Status UserCommands::add_many(const std::string& prefix, uint32_t first, uint32_t count, const std::string& password) {
  const uint32_t last = first + count - 1;
  if (Status status = check_user_name(prefix + std::to_string(last)); !status.ok()) return status;
  const Result<std::string> hash = make_hash(password);
  if (!hash.ok()) return Error{hash.message()};
  uint32_t added = 0;
  {
    Progress progress(count);
    for (uint32_t done = 0; done < count;) {
      const uint32_t size = std::min(kBatch, count - done);
      const auto batch = add_batch(prefix, first + done, first + done + size - 1, hash.value());
      if (!batch.ok()) return Error{batch.message() + " (" + std::to_string(added) + " users were added)"};
      added += batch.value();
      done += size;
      progress.report(done);
    }
  }
  if (json_) {
    std::cout << json_text({{"added", added}, {"existed", count - added}}) << "\n";
    return {};
  }
  std::cout << added << " users added, " << printable(prefix) << first << " to " << printable(prefix) << last;
  if (added < count) std::cout << "; " << count - added << " existed and were left as they are";
  std::cout << "\n";
  return {};
}

Status UserCommands::list() {
  Table table({"ID", "NAME", "NICK", "STATE"});
  Json users = Json::array();
  int64_t since = -1;
  UserId after = 0;
  while (true) {
    const auto page = database_.profiles_changed(since, after, kListPage);
    if (!page.ok()) return failure(page.error(), "");
    for (const Profile& user : page.value()) {
      const char* state = user.disabled ? "disabled" : "enabled";
      if (json_) {
        users.push_back({{"id", user.id}, {"name", user.name}, {"nick", user.nick}, {"state", state}});
      } else {
        table.add({std::to_string(user.id), user.name, user.nick, state});
      }
    }
    if (page.value().size() < kListPage) break;
    since = page.value().back().updated_at - 1;
    after = page.value().back().id;
  }
  std::cout << (json_ ? json_text(users) + "\n" : table.text());
  return {};
}

Result<UserId> UserCommands::change(const std::string& name,
                                    const std::function<StoreResult<Done>(Database&, UserId)>& write) {
  const Result<Account> account = find(name);
  if (!account.ok()) return Error{account.message()};
  const UserId id = account.value().id;
  const auto done = commit<Done>([&](Database& db) { return write(db, id); }, name);
  if (!done.ok()) return Error{done.message()};
  return id;
}

Status UserCommands::end_live_sessions(const Result<UserId>& changed, const std::string& done,
                                       const std::string& name) const {
  if (!changed.ok()) return Error{changed.message()};
  const UserId id = changed.value();
  EndedSessions ended;
  if (ClusterFiles::exist(dir_)) {
    const Result<ClusterFiles> files = ClusterFiles::read(dir_);
    const Result<EndedSessions> told = files.ok() ? end_sessions(files.value(), id) : Error{files.message()};
    if (!told.ok()) return Error{"user " + name + " " + done + ", but sessions may live on: " + told.message()};
    ended = told.value();
  }
  if (json_) {
    std::cout << json_text(to_json(id, name, done, ended)) << "\n";
  } else {
    say(done + "; sessions ended: " + std::to_string(ended.sessions) + " (on " + std::to_string(ended.told.size()) +
            " msg_servers)",
        id, name);
  }
  return untold(ended, name);
}

Status UserCommands::set_password(const std::string& name, const std::string& password) {
  const Result<std::string> hash = make_hash(password);
  if (!hash.ok()) return Error{hash.message()};
  return end_live_sessions(
      change(name, [&hash](Database& db, UserId id) { return db.set_password_hash(id, hash.value()); }),
      "has a new password", name);
}

Status UserCommands::disable(const std::string& name) {
  return end_live_sessions(change(name, [](Database& db, UserId id) { return db.set_disabled(id, true, unix_now()); }),
                           "disabled", name);
}

Status UserCommands::revoke(const std::string& name) {
  return end_live_sessions(change(name, [](Database& db, UserId id) { return db.revoke_tokens(id); }),
                           "logged out everywhere", name);
}

Status UserCommands::enable(const std::string& name) {
  const auto enabled = change(name, [](Database& db, UserId id) { return db.set_disabled(id, false, unix_now()); });
  if (!enabled.ok()) return Error{enabled.message()};
  say("enabled", enabled.value(), name);
  return {};
}

}  // namespace talkbeat
