#include "tools/talkctl/live_sessions.h"

#include <nlohmann/json.hpp>

#include "tools/talkctl/admin_client.h"
#include "tools/talkctl/http_call.h"

namespace talkbeat {

namespace {

// How many it has ended; else why that is not known.
Result<size_t> ended_by(const HttpOutcome& answer) {
  if (answer.status == 0) return Error{answer.why};
  if (answer.status != 200) return Error{"HTTP status " + std::to_string(answer.status)};
  const auto report = nlohmann::json::parse(answer.body, nullptr, false);
  if (!report.is_object() || !report.contains("ended") || !report["ended"].is_number_unsigned()) {
    return Error{"the answer says nothing of sessions"};
  }
  return report["ended"].get<size_t>();
}

}  // namespace

Result<EndedSessions> end_sessions(const ClusterFiles& files, UserId user) {
  const Result<std::string> key = read_admin_key(files);
  if (!key.ok()) return Error{key.message()};
  const HttpCall call{.method = "POST", .path = "/api/end_sessions?user=" + std::to_string(user), .key = key.value()};
  EndedSessions result;
  for (int i = 0; i < files.msg_servers; ++i) {
    const std::string name = AdminClient::name_of(i);
    const HttpOutcome answer = http_call(files.msg_server_http(i), call);
    const Result<size_t> ended = ended_by(answer);
    if (ended.ok()) {
      result.sessions += ended.value();
      result.told.push_back(name);
    } else if (files.may_run(name, answer)) {
      result.untold.push_back({name, ended.message()});
    }
  }
  return result;
}

}  // namespace talkbeat
