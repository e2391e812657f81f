#include "tools/talkctl/top_command.h"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <thread>

#include "base/json_text.h"
#include "base/option_value.h"
#include "tools/talkctl/cli.h"
#include "tools/talkctl/http_call.h"
#include "tools/talkctl/table.h"

// talkctl top: what the servers of a cluster are doing now, again and again.
namespace talkbeat {

namespace {

using Json = AdminClient::Json;
using Samples = std::map<std::string, ServerSample>;

constexpr Tick kFirstIntervalMs = 1'000;
constexpr double kMiB = 1024.0 * 1024.0;
constexpr const char* kTopExamples = R"(
Examples:
  talkctl top                   refreshed every second; Ctrl-C ends it
  talkctl top --once            one look, of one second; exit code 1 where a server is down
  talkctl top --json            one JSON value a second

MSGS/S: messages that a server has stored and sent on. WRITES/S: all that it has committed. LAG_MS: how late its loop
was at worst in the last report to login_server; more than some ten for long means that it has too much to do.)";

struct TopArguments {
  bool once = false;
  std::string interval = "1s";
};

Tick now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

ServerSample sample(const Address& server) {
  ServerSample taken;
  const Result<std::string> page = http_get(server, "/metrics");
  const Result<std::string> health = http_get(server, "/healthz");
  taken.at = now_ms();
  if (!page.ok()) return taken;
  taken.up = true;
  taken.figures = parse_metrics(page.value());
  const Json report = Json::parse(health.ok() ? health.value() : "", nullptr, false);
  const bool says = report.is_object() && report.contains("status") && report["status"].is_string();
  taken.state = says ? report["status"].get<std::string>() : "up";
  return taken;
}

Samples sample_all(const ClusterFiles& files) {
  Samples samples;
  for (int i = 0; i < files.msg_servers; ++i) {
    samples["msg_server_" + std::to_string(i)] = sample(files.msg_server_http(i));
  }
  for (int i = 0; i < files.login_servers; ++i) {
    samples["login_server_" + std::to_string(i)] = sample(files.login_server_http(i));
  }
  return samples;
}

/// A column: what it is called for people and for programs, and where it comes from.
struct Column {
  const char* heading;
  const char* key;
  const char* metric;
  bool is_rate = false;
  double scale = 1;
  int decimals = 0;
};

constexpr Column kColumns[] = {
    {"CONNECTIONS", "connections", "talkbeat_client_connections"},
    {"USERS", "users", "talkbeat_users"},
    {"ONLINE", "users_online", "talkbeat_users_online"},
    {"MSGS/S", "messages_per_second", "talkbeat_messages", true},
    {"WRITES/S", "writes_per_second", "talkbeat_store_writes", true},
    {"PENDING", "pending_writes", "talkbeat_store_pending_writes"},
    {"LAG_MS", "loop_lag_ms", "talkbeat_loop_lag_ms"},
    {"CPU_%", "cpu_percent", "process_cpu_seconds_total", true, 100, 1},
    {"MEM_MIB", "memory_mib", "process_resident_memory_bytes", false, 1 / kMiB, 1},
};

std::optional<double> value_of(const Column& column, const ServerSample& before, const ServerSample& now) {
  const auto value = column.is_rate ? rate(before, now, column.metric) : now.figure(column.metric);
  return value ? std::optional(*value * column.scale) : std::nullopt;
}

std::string table_of(const Samples& before, const Samples& now) {
  std::vector<std::string> heading{"SERVER", "STATE"};
  for (const Column& column : kColumns) heading.emplace_back(column.heading);
  Table table(heading);
  for (const auto& [name, taken] : now) {
    std::vector<std::string> row{name, taken.state};
    for (const Column& column : kColumns) {
      const auto value = value_of(column, before.at(name), taken);
      char text[32] = "-";
      if (value) std::snprintf(text, sizeof text, "%.*f", column.decimals, *value);
      row.emplace_back(text);
    }
    table.add(std::move(row));
  }
  return table.text();
}

Json json_of(const Samples& before, const Samples& now) {
  Json servers = Json::array();
  for (const auto& [name, taken] : now) {
    Json server{{"name", name}, {"state", taken.state}};
    for (const Column& column : kColumns) {
      const auto value = value_of(column, before.at(name), taken);
      server[column.key] = value ? Json(std::round(*value * 1000) / 1000) : Json();
    }
    servers.push_back(std::move(server));
  }
  return {{"servers", std::move(servers)}};
}

void show(const Samples& before, const Samples& now, bool json, bool redraw) {
  if (json) {
    std::cout << json_text(json_of(before, now)) << std::endl;
  } else {
    std::cout << (redraw ? "\x1b[H\x1b[J" : "") << table_of(before, now) << std::flush;
  }
}

bool all_up(const Samples& samples) {
  for (const auto& [name, taken] : samples) {
    if (!taken.up) return false;
  }
  return true;
}

int run_top(const CommandLine& line, const TopArguments& arguments) {
  const auto interval = parse_duration(arguments.interval);
  if (!interval || *interval < 100) {
    return fail("--interval " + arguments.interval + " is no time such as 1s, at least 100ms", kExitUsage);
  }
  const Result<ClusterFiles> files = ClusterFiles::read(line.dir);
  if (!files.ok()) return fail(files.message());
  const bool redraw = !line.json && !arguments.once && ::isatty(STDOUT_FILENO) != 0;
  Samples before = sample_all(files.value());
  Tick wait = kFirstIntervalMs;
  while (std::cout) {
    std::this_thread::sleep_for(std::chrono::milliseconds(wait));
    wait = *interval;
    Samples now = sample_all(files.value());
    show(before, now, line.json, redraw);
    if (arguments.once) return all_up(now) ? 0 : kExitFailed;
    if (!line.json && !redraw) std::cout << "\n";
    before = std::move(now);
  }
  return kExitFailed;
}

}  // namespace

std::optional<double> ServerSample::figure(const std::string& name) const {
  const auto found = figures.find(name);
  return found == figures.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> rate(const ServerSample& before, const ServerSample& now, const std::string& name) {
  const auto old = before.figure(name);
  const auto present = now.figure(name);
  if (!old || !present || *present < *old || now.at <= before.at) return std::nullopt;
  return (*present - *old) * 1000 / static_cast<double>(now.at - before.at);
}

std::map<std::string, double> parse_metrics(std::string_view page) {
  std::map<std::string, double> figures;
  while (!page.empty()) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(page.size(), line.size() + 1));
    const size_t blank = line.find(' ');
    if (line.empty() || line[0] == '#' || blank == std::string_view::npos) continue;
    if (line.find('{') != std::string_view::npos) continue;
    const std::string value(line.substr(blank + 1));
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (end != value.c_str()) figures.emplace(line.substr(0, blank), number);
  }
  return figures;
}

void declare_top(CLI::App& app, CommandLine& line) {
  const auto a = std::make_shared<TopArguments>();
  CLI::App* made = add_command(app, line, "top", "What the servers are doing now, refreshed every second",
                               [&line, a] { return run_top(line, *a); });
  made->footer(kTopExamples);
  made->add_flag("--once", a->once, "One look, and end");
  made->add_option("--interval", a->interval, "How often")->capture_default_str()->type_name("TIME");
}

}  // namespace talkbeat
