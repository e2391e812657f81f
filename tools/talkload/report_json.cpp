#include "tools/talkload/report_json.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "tools/talkload/figure_text.h"

namespace talkbeat::load {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr double kNanosecondsAMillisecond = 1e6;

double ms(uint64_t ns) {
  return static_cast<double>(ns) / kNanosecondsAMillisecond;
}

Json counters_json(const Counters& counters) {
  Json json = Json::object();
  for (const CounterField& field : kCounterFields) json[std::string(field.name)] = counters.*field.member;
  return json;
}

Json latency_json(const Histogram& latency) {
  return {{"count", latency.count()},
          {"min_ms", ms(latency.min())},
          {"mean_ms", latency.mean() / kNanosecondsAMillisecond},
          {"p50_ms", ms(latency.at(0.5))},
          {"p90_ms", ms(latency.at(0.9))},
          {"p99_ms", ms(latency.at(0.99))},
          {"p999_ms", ms(latency.at(0.999))},
          {"max_ms", ms(latency.max())}};
}

Json run_json(const RunDescription& run) {
  Json options = Json::object();
  for (const auto& [name, value] : run.options) options[name] = value;
  return {{"scenario", run.scenario},
          {"command_line", run.command_line},
          {"options", options},
          {"started_utc", run.started_utc},
          {"version", run.version},
          {"commit", run.commit},
          {"machine",
           {{"cores", run.machine.cores},
            {"cpu", run.machine.cpu},
            {"kernel", run.machine.kernel},
            {"memory_gib", run.machine.memory_gib}}}};
}

Json outcome_json(const Outcome& outcome) {
  return {{"ok", outcome.ok},
          {"exit_code", outcome.exit_code},
          {"meaning", outcome.meaning},
          {"failures", outcome.failures},
          {"failures_left_out", outcome.failures_left_out},
          {"notes", outcome.notes}};
}

Json measured_json(const RunReport& report) {
  const RunFigures& figures = report.figures;
  Json rates = Json::object();
  for (const CounterField& field : kCounterFields) rates[std::string(field.name)] = figures.rate(field.member);
  return {{"begin_s", figures.part().begin_s},
          {"end_s", figures.part().end_s},
          {"seconds", figures.measured_s()},
          {"work", work_done(report)},
          {"work_per_s", figures.rate(report.run.work.counter)},
          {"counters", counters_json(figures.measured())},
          {"per_s", rates},
          {"latency", latency_json(figures.latency())}};
}

Json use_json(const ServerUse& use, uint64_t work) {
  Json json = {{"seconds", use.seconds},
               {"cpu_s", use.cpu_s},
               {"main_thread_cpu_s", use.main_thread_s},
               {"cpu_s_per_million", cpu_s_per_million(use.cpu_s, work)},
               {"cores", use.seconds > 0 ? use.cpu_s / use.seconds : 0},
               {"rss_bytes", use.rss_bytes},
               {"rss_growth_bytes", use.rss_growth},
               {"peak_rss_bytes", use.peak_rss_bytes},
               {"threads", use.threads},
               {"descriptors", use.descriptors},
               {"voluntary_switches", use.voluntary_switches},
               {"involuntary_switches", use.involuntary_switches}};
  if (!use.syscalls.empty()) json["syscalls"] = use.syscalls;
  return json;
}

Json servers_json(const RunReport& report) {
  const uint64_t work = work_done(report);
  Json json = use_json(sum(report.use), work);
  if (const double bytes = rss_per_connection(report); bytes > 0) json["msg_server_rss_per_connection_bytes"] = bytes;
  json["syscall_tool"] = report.syscall_tool;
  json["syscalls_per_work"] = syscalls_per_work(report);
  json["each"] = Json::array();
  for (const ServerUse& use : report.use) {
    Json one = {{"name", use.name}, {"pid", use.pid}, {"ended", use.ended}, {"restarted", use.restarted}};
    one.update(use_json(use, work));
    json["each"].push_back(std::move(one));
  }
  return json;
}

Json time_line_json(const RunReport& report) {
  Json json = Json::array();
  for (const Interval& step : report.figures.time_line()) {
    if (step.seconds == 0) continue;
    json.push_back({{"at_s", step.at_s},
                    {"seconds", step.seconds},
                    {"work_per_s", step.per_second(report.run.work.counter)},
                    {"p50_ms", ms(step.latency.at(0.5))},
                    {"p99_ms", ms(step.latency.at(0.99))},
                    {"max_ms", ms(step.latency.max())},
                    {"problems", problems(step.counters)}});
  }
  return json;
}

Json histogram_json(const Histogram& latency) {
  Json json = Json::array();
  latency.for_each_bucket([&json](uint64_t lower, uint64_t upper, uint64_t count) {
    json.push_back({{"lower_ns", lower}, {"upper_ns", upper}, {"count", count}});
  });
  return json;
}

Json series_json(const ServerProbe& probe) {
  Json json = Json::array();
  for (const ServerSeries& server : probe.servers()) {
    Json samples = Json::array();
    for (const ProcessSample& sample : server.samples) {
      samples.push_back({{"at_s", sample.at_s},
                         {"cpu_s", sample.cpu_s},
                         {"main_thread_cpu_s", sample.main_thread_s},
                         {"rss_bytes", sample.rss_bytes},
                         {"threads", sample.threads},
                         {"descriptors", sample.descriptors}});
    }
    json.push_back({{"name", server.name}, {"samples", std::move(samples)}});
  }
  return json;
}

Json sockets_json(const ServerProbe& probe) {
  Json json = Json::array();
  for (const SocketMemory& memory : probe.sockets()) {
    json.push_back({{"at_s", memory.at_s}, {"tcp_sockets", memory.tcp_sockets}, {"tcp_bytes", memory.tcp_bytes}});
  }
  return json;
}

}  // namespace

std::string report_json(const RunReport& report) {
  const Work& work = report.run.work;
  const uint64_t done = work_done(report);
  Json json = {{"format", kFormat}};
  json.update(run_json(report.run));
  json["outcome"] = outcome_json(report.outcome);
  json["work"] = {{"unit", work.unit}, {"counter", counter_name(work.counter)}, {"latency", work.latency}};
  json["measured"] = measured_json(report);
  json["totals"] = counters_json(report.figures.totals());
  json["load"] = {{"cpu_s", report.load_cpu_s}, {"cpu_s_per_million", cpu_s_per_million(report.load_cpu_s, done)}};
  if (report.servers != nullptr) json["servers"] = servers_json(report);
  json["time_line"] = time_line_json(report);
  json["latency_histogram"] = histogram_json(report.figures.latency());
  if (report.servers != nullptr) {
    json["server_series"] = series_json(*report.servers);
    json["sockets"] = sockets_json(*report.servers);
  }
  // Strings that are not UTF-8 (a path on the command line, say) are shown as well as can be.
  return json_text(json, 1) + "\n";
}

Status can_write_report(const std::string& path) {
  if (path.empty() || path == "-") return {};
  const std::string unfinished = path + ".part";
  std::error_code failed;
  const bool directory = std::filesystem::is_directory(path, failed);
  if (directory || !std::ofstream(unfinished, std::ios::binary | std::ios::trunc)) return Error{"cannot write " + path};
  std::filesystem::remove(unfinished, failed);
  return {};
}

Status write_report(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text << std::flush;
    return std::cout ? Status() : Status(Error{"cannot write to stdout"});
  }
  const std::string unfinished = path + ".part";
  std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return Error{"cannot write " + unfinished};
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) return Error{"cannot write " + path};
  return {};
}

}  // namespace talkbeat::load
