#include "tools/talkctl/admin_client.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

#include "base/json_text.h"
#include "tools/client/terminal_text.h"

namespace talkbeat {

using Json = AdminClient::Json;

namespace {

constexpr int kTimeoutSeconds = 30;
constexpr int kBusy = 503;
constexpr int kUnauthorized = 401;

std::string without_blanks(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
  return text;
}

// {"error": …, "hint": …} in one line.
std::string words_of(const Json& refusal, int status) {
  if (!refusal.is_object() || !refusal.contains("error")) return "HTTP status " + std::to_string(status);
  std::string words = refusal.value("error", "");
  const std::string hint = refusal.value("hint", "");
  return hint.empty() ? words : words.append(" (").append(hint).append(")");
}

}  // namespace

struct AdminClient::Answer {
  HttpOutcome outcome;
  Json json{};
  std::string why{};
  bool nothing_done = false;  // somebody else may be asked

  bool good() const { return outcome.status >= 200 && outcome.status < 300 && !json.is_discarded(); }
};

Result<std::string> read_admin_key(const ClusterFiles& files) {
  const std::string path = files.dir + "/admin.key";
  std::ifstream in(path);
  std::string key;
  if (!in || !(in >> key)) {
    return Error{path + " cannot be read: it is the administration's key, which tools/start.sh makes"};
  }
  return without_blanks(key);
}

Result<AdminClient> AdminClient::open(const std::string& dir) {
  const Result<ClusterFiles> files = ClusterFiles::read(dir);
  if (!files.ok()) return Error{files.message()};
  const Result<std::string> key = read_admin_key(files.value());
  if (!key.ok()) return Error{key.message()};
  return AdminClient(files.value(), key.value());
}

AdminClient::Answer AdminClient::call(int index, const std::string& method, const std::string& path,
                                      const Json& body) const {
  Answer answer{http_call(files_.msg_server_http(index), {.method = method,
                                                          .path = path,
                                                          .key = key_,
                                                          .body = body.is_null() ? "" : json_text(body),
                                                          .timeout_s = kTimeoutSeconds})};
  const HttpOutcome& outcome = answer.outcome;
  answer.json = Json::parse(outcome.body, nullptr, false);
  const bool unanswered_question = outcome.status == 0 && method == "GET";
  answer.nothing_done = !outcome.reached || outcome.status == kBusy || unanswered_question;
  if (!outcome.reached || unanswered_question) {
    answer.why = name_of(index) + " does not answer: " + outcome.why;
  } else if (outcome.status == 0) {
    answer.why = name_of(index) + ": " + outcome.why + "; whether it was done is not known";
  } else if (outcome.status == kUnauthorized) {
    answer.why = name_of(index) + " has another key than " + files_.dir + "/admin.key: was it started from there?";
  } else if (outcome.status < 200 || outcome.status >= 300) {
    answer.why = words_of(answer.json, outcome.status);
  } else if (answer.json.is_discarded()) {
    answer.why = name_of(index) + ": the answer is not JSON";
  }
  return answer;
}

Result<Json> AdminClient::ask(const std::string& method, const std::string& path, const Json& body) const {
  std::string why = "no msg_server of " + files_.dir + " runs: tools/start.sh --dir " + files_.dir;
  for (int i = 0; i < files_.msg_servers; ++i) {
    Answer answer = call(i, method, path, body);
    if (answer.good()) return std::move(answer.json);
    if (!answer.outcome.nobody_listens) why = answer.why;
    if (!answer.nothing_done) break;
  }
  return Error{why};
}

Result<Json> AdminClient::ask_server(int index, const std::string& method, const std::string& path, const Json& body,
                                     HttpOutcome* outcome) const {
  Answer answer = call(index, method, path, body);
  if (outcome != nullptr) *outcome = answer.outcome;
  if (answer.good()) return std::move(answer.json);
  return Error{answer.why};
}

Result<Json> AdminClient::ask_all_pages(const std::string& path, const std::string& list) const {
  Json all = Json::array();
  std::string page = path;
  while (true) {
    Result<Json> answer = ask("GET", page);
    if (!answer.ok()) return answer;
    for (Json& entry : answer.value()[list]) all.push_back(std::move(entry));
    const Json next = answer.value().value("next", Json());
    if (next.is_null()) return all;
    page = path + "?after=" + next.dump();
  }
}

Json user_json(const std::string& user) {
  if (user.size() < 2 || user[0] != '#') return user;
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(user.data() + 1, user.data() + user.size(), id);
  return error == std::errc() && end == user.data() + user.size() ? Json(id) : Json(user);
}

}  // namespace talkbeat
