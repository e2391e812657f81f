#include "tools/talkctl/live_sessions.h"

#include <nlohmann/json.hpp>

#include "tools/talkctl/admin_client.h"
#include "tools/talkctl/http_call.h"

namespace talkbeat {

namespace {

Result<size_t> end_on(const Address& server, UserId user, const Result<std::string>& key) {
  if (!key.ok()) return Error{key.message()};
  const Result<std::string> answer = http_post(server, "/api/end_sessions?user=" + std::to_string(user), key.value());
  if (!answer.ok()) return Error{answer.message()};
  const auto report = nlohmann::json::parse(answer.value(), nullptr, false);
  if (!report.is_object() || !report.contains("ended") || !report["ended"].is_number_unsigned()) {
    return Error{"the answer says nothing of sessions"};
  }
  return report["ended"].get<size_t>();
}

}  // namespace

EndedSessions end_sessions(const ClusterFiles& files, UserId user) {
  EndedSessions result;
  const Result<std::string> key = read_admin_key(files);
  for (int i = 0; i < files.msg_servers; ++i) {
    const std::string name = "msg_server_" + std::to_string(i);
    const Result<size_t> ended = end_on(files.msg_server_http(i), user, key);
    if (ended.ok()) {
      result.sessions += ended.value();
      result.told.push_back(name);
    } else if (files.running(name)) {
      result.untold.push_back({name, ended.message()});
    }
  }
  return result;
}

}  // namespace talkbeat
