#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

using Json = nlohmann::ordered_json;

struct ApiAnswer {
  int status = 0;
  Json json;

  std::string error() const { return json.is_object() ? json.value("error", "") : ""; }
};

/// A request to the administration API of that server, with these headers besides the usual ones.
///
///   ask_api(cluster, "msg_server_0", "GET", "/api/users", bearer(cluster));
ApiAnswer ask_api(const Cluster& cluster, const std::string& server, const std::string& method, const std::string& path,
                  const std::string& headers, const std::string& body = "");

/// "Authorization: Bearer …" with the cluster's key, as a header line.
std::string bearer(const Cluster& cluster);
std::string admin_key(const Cluster& cluster);

/// With the key, and a JSON body where one is given.
ApiAnswer api(const Cluster& cluster, const std::string& server, const std::string& method, const std::string& path,
              const Json& body = nullptr);
/// The same; throws where it is refused.
Json done(const Cluster& cluster, const std::string& server, const std::string& method, const std::string& path,
          const Json& body = nullptr);

}  // namespace talkbeat::scenario
