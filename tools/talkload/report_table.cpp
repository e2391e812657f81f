#include "tools/talkload/report_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/client/style.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/table.h"
#include "tools/talkload/figure_text.h"

namespace talkbeat::load {

namespace {

constexpr size_t kMostServers = 10;  // of more, those that worked most, and the sum
constexpr size_t kMostSyscalls = 8;

std::string verdict(const RunReport& report, const Style& style) {
  const Outcome& outcome = report.outcome;
  std::string text = outcome.ok ? style.good("ok") : style.problem("FAILED");
  if (!outcome.meaning.empty()) text += ": " + printable(outcome.meaning);
  text += "\n";
  for (const std::string& failure : outcome.failures) text += "  " + style.problem(printable(failure)) + "\n";
  if (outcome.failures_left_out > 0) text += "  … and " + grouped(outcome.failures_left_out) + " more\n";
  for (const std::string& note : outcome.notes) text += "  " + printable(note) + "\n";
  return text;
}

std::string rates(const RunReport& report) {
  const RunFigures& figures = report.figures;
  Table table({"", "MEASURED", "A SECOND", "WHOLE RUN"}, 1);
  const Counters totals = figures.totals();
  for (const CounterField& field : kCounterFields) {
    if (totals.*field.member == 0) continue;
    table.add({std::string(field.name), grouped(figures.measured().*field.member),
               three_digits(figures.rate(field.member)), grouped(totals.*field.member)});
  }
  return table.text();
}

std::string latencies(const Histogram& latency) {
  Table table({"", "MIN", "P50", "P90", "P99", "P99.9", "MAX", "MEAN"}, 1);
  std::vector<std::string> row{"latency", latency_text(latency.min())};
  for (const double quantile : {0.5, 0.9, 0.99, 0.999}) row.push_back(latency_text(latency.at(quantile)));
  row.push_back(latency_text(latency.max()));
  row.push_back(latency_text(static_cast<uint64_t>(latency.mean())));
  table.add(row);
  return table.text();
}

std::vector<std::string> server_row(const ServerUse& use, uint64_t work) {
  const double cores = use.seconds > 0 ? use.cpu_s / use.seconds : 0;
  const double switches = static_cast<double>(use.voluntary_switches + use.involuntary_switches);
  std::string name = use.name;
  if (use.restarted) name += " (restarted)";
  if (use.ended) name += " (ended)";
  return {name,
          fmt::format("{:.2f}", use.cpu_s),
          three_digits(cores),
          three_digits(cpu_s_per_million(use.cpu_s, work)),
          memory_text(use.rss_bytes),
          memory_text(use.peak_rss_bytes),
          grouped(use.threads),
          grouped(use.descriptors),
          three_digits(use.seconds > 0 ? switches / use.seconds : 0)};
}

std::string servers(const RunReport& report) {
  const uint64_t work = work_done(report);
  Table table({"SERVER", "CPU S", "CORES", "CPU S/M", "RSS", "PEAK", "THREADS", "FDS", "SWITCHES/S"}, 1);
  std::vector<ServerUse> each = report.use;
  if (each.size() > kMostServers) {
    std::ranges::stable_sort(each, std::ranges::greater(), &ServerUse::cpu_s);
    each.resize(kMostServers);
  }
  for (const ServerUse& use : each) table.add(server_row(use, work));
  ServerUse all = sum(report.use);
  all.name = "all " + std::to_string(report.use.size()) + " servers";
  table.add(server_row(all, work));
  ServerUse load;
  load.cpu_s = report.load_cpu_s;
  load.seconds = all.seconds;
  table.add({"load clients", fmt::format("{:.2f}", load.cpu_s),
             three_digits(load.seconds > 0 ? load.cpu_s / load.seconds : 0),
             three_digits(cpu_s_per_million(load.cpu_s, work)), "", "", "", "", ""});
  return table.text();
}

std::string remarks(const RunReport& report) {
  std::string text;
  if (const double bytes = rss_per_connection(report); bytes > 0) {
    text += fmt::format("msg_servers' RSS: {} bytes a connection\n", three_digits(bytes));
  }
  text += "CPU S/M: CPU seconds for a million " + report.run.work.unit + "\n";
  return text;
}

std::string syscalls(const RunReport& report) {
  const std::map<std::string, uint64_t> calls = sum(report.use).syscalls;
  if (calls.empty()) return "";
  std::vector<std::pair<std::string, uint64_t>> most(calls.begin(), calls.end());
  std::ranges::stable_sort(most, std::ranges::greater(), &std::pair<std::string, uint64_t>::second);
  most.resize(std::min(most.size(), kMostSyscalls));
  Table table({"SYSCALL", "CALLS", "FOR EACH"}, 1);
  const auto work = static_cast<double>(report.work_while_counting);
  for (const auto& [name, count] : most) {
    table.add({name, grouped(count), work > 0 ? three_digits(static_cast<double>(count) / work) : "-"});
  }
  return table.text() + fmt::format("all: {} for each of the {} (counted by {})\n",
                                    three_digits(syscalls_per_work(report)), report.run.work.unit, report.syscall_tool);
}

// Rows of a table without their heading stand out less: the heading is faint.
std::string faint_heading(const std::string& table, const Style& style) {
  const size_t end = table.find('\n');
  return end == std::string::npos ? table : style.faint(table.substr(0, end)) + table.substr(end);
}

}  // namespace

std::string report_table(const RunReport& report, bool coloured) {
  const Style style(coloured);
  const RunDescription& run = report.run;
  const Counters& measured = report.figures.measured();
  std::string text = "\n" + style.strong(run.scenario + ": " + three_digits(report.figures.rate(run.work.counter)) +
                                         " " + run.work.unit + "/s");
  text += fmt::format(" over {:.1f} s, {} in all\n", report.figures.measured_s(), grouped(measured.*run.work.counter));
  text += verdict(report, style) + "\n" + faint_heading(rates(report), style);
  if (report.figures.latency().count() > 0) {
    text += "\n" + faint_heading(latencies(report.figures.latency()), style);
    if (!run.work.latency.empty()) text += "latency: " + run.work.latency + "\n";
  }
  if (report.servers != nullptr) text += "\n" + faint_heading(servers(report), style) + remarks(report);
  if (const std::string calls = syscalls(report); !calls.empty()) text += "\n" + faint_heading(calls, style);
  return text;
}

}  // namespace talkbeat::load
