#include "tests/scenario/admin_calls.h"

namespace talkbeat::scenario {

ApiAnswer ask_api(const Cluster& cluster, const std::string& server, const std::string& method, const std::string& path,
                  const std::string& headers, const std::string& body) {
  std::string request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers;
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const HttpAnswer answer = http_ask(cluster.http_port(server), request + "\r\n" + body, 20s);
  return {answer.status, Json::parse(answer.body, nullptr, false)};
}

std::string admin_key(const Cluster& cluster) {
  return contents(cluster.directory() / "admin.key");
}

std::string bearer(const Cluster& cluster) {
  return "Authorization: Bearer " + admin_key(cluster) + "\r\n";
}

ApiAnswer api(const Cluster& cluster, const std::string& server, const std::string& method, const std::string& path,
              const Json& body) {
  const std::string type = body.is_null() ? "" : "Content-Type: application/json\r\n";
  return ask_api(cluster, server, method, path, bearer(cluster) + type, body.is_null() ? "" : body.dump());
}

Json done(const Cluster& cluster, const std::string& server, const std::string& method, const std::string& path,
          const Json& body) {
  const ApiAnswer answer = api(cluster, server, method, path, body);
  if (answer.status < 200 || answer.status > 299) {
    throw Unexpected(method + " " + path + ": " + std::to_string(answer.status) + " " + answer.json.dump());
  }
  return answer.json;
}

}  // namespace talkbeat::scenario
