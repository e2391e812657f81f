#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/status.h"
#include "tools/talkctl/cluster_files.h"
#include "tools/talkctl/http_call.h"

namespace talkbeat {

/// The administration's key, as the msg_servers of the cluster have it: what stands in DIR/admin.key.
Result<std::string> read_admin_key(const ClusterFiles& files);

/// Speaks the administration API of a cluster's msg_servers (OPERATIONS.md) for one command; blocks. What one server
/// cannot do now it asks the next one for, but only where nothing can have been done already: a GET does nothing.
///
///   Result<AdminClient> admin = AdminClient::open("run");
///   Result<Json> group = admin.value().ask("GET", "/api/groups/7");
///   if (!group.ok()) return Error{group.message()};  // "no group 7 (GET /api/groups)"
class AdminClient {
 public:
  using Json = nlohmann::ordered_json;

  static Result<AdminClient> open(const std::string& dir);

  /// Of any msg_server.
  Result<Json> ask(const std::string& method, const std::string& path, const Json& body = nullptr) const;
  /// Of this one; `outcome` gets what came of the call.
  Result<Json> ask_server(int index, const std::string& method, const std::string& path, const Json& body = nullptr,
                          HttpOutcome* outcome = nullptr) const;
  /// All pages of a list: `path`, of whose answer `list` is the part with the entries.
  Result<Json> ask_all_pages(const std::string& path, const std::string& list) const;

  const ClusterFiles& files() const { return files_; }
  static std::string name_of(int index) { return "msg_server_" + std::to_string(index); }

 private:
  struct Answer;

  AdminClient(ClusterFiles files, std::string key) : files_(std::move(files)), key_(std::move(key)) {}
  Answer call(int index, const std::string& method, const std::string& path, const Json& body) const;

  ClusterFiles files_;
  std::string key_;
};

/// How a user is given on the command line: a login name, or #ID.
nlohmann::ordered_json user_json(const std::string& user);

}  // namespace talkbeat
