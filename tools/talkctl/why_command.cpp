#include "tools/talkctl/why_command.h"

#include <algorithm>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/address.h"
#include "base/json_text.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/admin_client.h"
#include "tools/talkctl/close_advice.h"
#include "tools/talkctl/http_call.h"

namespace talkbeat {

namespace {

using Json = nlohmann::ordered_json;

struct Server {
  std::string name;
  Address http;
  std::string key;  // login_servers ask for none
};

std::vector<Server> servers_of(const ClusterFiles& files) {
  std::vector<Server> servers;
  const Result<std::string> key = read_admin_key(files);  // where there is none, they say so
  for (int i = 0; i < files.msg_servers; ++i) {
    servers.push_back({"msg_server_" + std::to_string(i), files.msg_server_http(i), key.ok() ? key.value() : ""});
  }
  for (int i = 0; i < files.login_servers; ++i) {
    servers.push_back({"login_server_" + std::to_string(i), files.login_server_http(i), ""});
  }
  return servers;
}

bool is_address(const std::string& text) {
  return normal_ip(text).has_value() || Address::parse(text).ok();
}

std::string clock_time(int64_t unix_ms, bool with_date) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, with_date ? "%Y-%m-%d %H:%M:%SZ" : "%H:%M:%SZ", &parts);
  return text;
}

// "250 ms", "12.3 s", "5 min 3 s", "2 h 5 min", "3 d 4 h"
std::string duration(int64_t ms) {
  const auto pair = [](int64_t big, const char* big_unit, int64_t small, const char* small_unit) {
    std::string text = std::to_string(big);
    text.append(" ").append(big_unit);
    if (small > 0) text.append(" ").append(std::to_string(small)).append(" ").append(small_unit);
    return text;
  };
  if (ms < 1'000) return std::to_string(ms) + " ms";
  const int64_t s = ms / 1'000;
  if (s < 60) return std::to_string(s) + "." + std::to_string(ms % 1'000 / 100) + " s";
  if (s < 3'600) return pair(s / 60, "min", s % 60, "s");
  if (s < 86'400) return pair(s / 3'600, "h", s % 3'600 / 60, "min");
  return pair(s / 86'400, "d", s % 86'400 / 3'600, "h");
}

std::string in_words(const Json& event) {
  const auto word = event.value("event", std::string());
  const std::string value = duration(event.value("value_ms", int64_t{0}));
  const auto count = event.value("count", int64_t{1});
  const std::string heartbeats = count == 1 ? "a heartbeat" : std::to_string(count) + " heartbeats";
  if (word == "handshake_done") return "logged in, " + value + " after connecting";
  if (word == "heartbeat_in") return heartbeats + " received, the longest gap " + value;
  if (word == "heartbeat_out") return heartbeats + " sent, at most " + value + " late";
  if (word == "probe") return "silent for " + value + ": asked whether it is there";
  if (word == "probe_answered") return "answered after " + value;
  if (word == "strike") return "a strike: a heartbeat only " + value + " after the one before";
  if (word == "spared") return "silent for " + value + ", but bytes were waiting to be read";
  if (word == "told_to_leave") return "asked to leave within " + value;
  if (word == "stall") return "the server itself stood still for " + value;
  return word + " " + value;
}

void print_history(const Json& connection) {
  for (const Json& event : connection.value("history", Json::array())) {
    std::cout << "    " << clock_time(event.value("at", int64_t{0}), false) << "  " << in_words(event) << "\n";
  }
}

std::string place_of(const Json& connection) {
  std::string place = connection.value("server", std::string());
  place.append(", conn ").append(std::to_string(connection.value("conn", int64_t{0})));
  place.append(", from ").append(printable(connection.value("peer", std::string())));
  const auto who = connection.value("who", std::string());
  if (!who.empty()) place.append(", ").append(printable(who));
  return place;
}

void print_open(const Json& connection) {
  std::cout << "open since " << clock_time(connection.value("opened_at", int64_t{0}), true) << " ("
            << place_of(connection) << "), last heard " << duration(connection.value("silent_ms", int64_t{0}))
            << " ago";
  if (const auto unsent = connection.value("unsent_bytes", int64_t{0}); unsent > 0) {
    std::cout << ", " << unsent << " bytes wait for it to read";
  }
  std::cout << "\n";
  print_history(connection);
}

void print_closed(const Json& connection) {
  const auto opened_at = connection.value("opened_at", int64_t{0});
  const auto closed_at = connection.value("closed_at", int64_t{0});
  const auto reason = connection.value("reason", std::string());
  std::cout << clock_time(closed_at, true) << "  " << printable(reason) << "  after " << duration(closed_at - opened_at)
            << ", silent for " << duration(connection.value("silent_ms", int64_t{0})) << " (" << place_of(connection)
            << ")\n";
  print_history(connection);
  if (const auto advice = advice_on(reason)) {
    std::cout << "    means: " << advice->meaning << "\n    do:    " << advice->action << "\n";
  }
}

/// What all servers know, the newest first.
struct Findings {
  std::vector<Json> open;
  std::vector<Json> closed;
  std::vector<std::string> missing;  // servers that did not answer
};

void take(Findings& findings, const Server& server, const Result<std::string>& answer) {
  const Json report = answer.ok() ? Json::parse(answer.value(), nullptr, false) : Json();
  if (!report.is_object()) {
    findings.missing.push_back(server.name + ": " + (answer.ok() ? "the answer is not JSON" : answer.message()));
    return;
  }
  const auto copy = [&server](const Json& list, std::vector<Json>& into) {
    for (Json entry : list) {
      entry["server"] = server.name;
      into.push_back(std::move(entry));
    }
  };
  copy(report.value("open", Json::array()), findings.open);
  copy(report.value("closed", Json::array()), findings.closed);
}

Findings ask_all(const ClusterFiles& files, const std::string& whom, int limit) {
  const std::string path = std::string("/api/why?") + (is_address(whom) ? "address=" : "who=") + url_encoded(whom) +
                           "&limit=" + std::to_string(limit);
  Findings findings;
  for (const Server& server : servers_of(files)) take(findings, server, http_get(server.http, path, server.key));
  const auto newest_first = [limit](std::vector<Json>& list, const char* key) {
    std::ranges::stable_sort(list, std::greater<>(), [key](const Json& entry) { return entry.value(key, int64_t{0}); });
    if (list.size() > static_cast<size_t>(limit)) list.resize(static_cast<size_t>(limit));
  };
  newest_first(findings.open, "opened_at");
  newest_first(findings.closed, "closed_at");
  return findings;
}

void print_findings(const Findings& findings, const std::string& whom) {
  for (const Json& connection : findings.open) print_open(connection);
  if (!findings.open.empty() && !findings.closed.empty()) std::cout << "\n";
  for (const Json& connection : findings.closed) print_closed(connection);
  if (!findings.open.empty() || !findings.closed.empty()) return;
  std::cout << "nothing on record of " << printable(whom)
            << ": no connection is open, and none was among the last ones that closed (server.closed_kept) since the "
               "servers began\n";
}

}  // namespace

bool print_why(const ClusterFiles& files, const std::string& whom, int limit, bool json) {
  const Findings findings = ask_all(files, whom, limit);
  if (json) {
    const Json report{{"open", findings.open}, {"closed", findings.closed}, {"missing", findings.missing}};
    std::cout << json_text(report, 2) << "\n";
  } else {
    print_findings(findings, whom);
  }
  for (const std::string& missing : findings.missing) std::cerr << "talkctl: " << printable(missing) << "\n";
  return findings.missing.empty();
}

}  // namespace talkbeat
