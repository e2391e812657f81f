#include "tools/talkload/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tools/talkload/figure_text.h"
#include "tools/talkload/report_plots.h"
#include "tools/talkload/report_style.h"
#include "tools/talkload/svg_plot.h"

namespace talkbeat::load {

namespace {

std::string element(const std::string& name, const std::string& text) {
  return "<" + name + ">" + escape_xml(text) + "</" + name + ">\n";
}

std::string row(const std::string& cell_name, const std::vector<std::string>& cells) {
  std::string html = "<tr>";
  for (const std::string& cell : cells) html += "<" + cell_name + ">" + escape_xml(cell) + "</" + cell_name + ">";
  return html + "</tr>\n";
}

std::string table(const std::vector<std::string>& heading, const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<div class=\"table\"><table>\n<thead>" + row("th", heading) + "</thead>\n<tbody>\n";
  for (const auto& cells : rows) html += row("td", cells);
  return html + "</tbody></table></div>\n";
}

std::string header(const RunDescription& run) {
  std::string about = run.started_utc + ", TalkBeat " + run.version;
  if (!run.commit.empty()) about += " (" + run.commit + ")";
  about += fmt::format(", {} cores, {}, {}, {} GiB", run.machine.cores, run.machine.cpu, run.machine.kernel,
                       three_digits(run.machine.memory_gib));
  return element("h1", "talkload " + run.scenario) + "<p class=\"faint\">" + escape_xml(about) + "</p>\n";
}

std::string verdict(const Outcome& outcome) {
  std::string html = fmt::format("<div class=\"verdict{}\"><strong>{}</strong> {}\n", outcome.ok ? "" : " failed",
                                 outcome.ok ? "ok" : "failed", escape_xml(outcome.meaning));
  if (!outcome.failures.empty() || !outcome.notes.empty()) {
    html += "<ul>\n";
    for (const std::string& failure : outcome.failures) html += element("li", failure);
    if (outcome.failures_left_out > 0) html += element("li", "… and " + grouped(outcome.failures_left_out) + " more");
    for (const std::string& note : outcome.notes) html += element("li", note);
    html += "</ul>\n";
  }
  return html + "</div>\n";
}

std::string tile(const std::string& figure, const std::string& what) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", escape_xml(figure), escape_xml(what));
}

std::string tiles(const RunReport& report) {
  const Work& work = report.run.work;
  const Histogram& latency = report.figures.latency();
  std::string html =
      "<div class=\"tiles\">\n" + tile(three_digits(report.figures.rate(work.counter)), work.unit + "/s");
  if (latency.count() > 0) {
    html += tile(latency_text(latency.at(0.5)), "p50") + tile(latency_text(latency.at(0.99)), "p99");
  }
  if (report.servers != nullptr) {
    const ServerUse all = sum(report.use);
    html += tile(three_digits(cpu_s_per_million(all.cpu_s, work_done(report))) + " s",
                 "servers' CPU for a million " + work.unit);
    html += tile(memory_text(all.rss_bytes), "RSS of all servers");
    if (const double bytes = rss_per_connection(report); bytes > 0) {
      html += tile(three_digits(bytes) + " B", "msg_servers' RSS a connection");
    }
  }
  return html + tile(grouped(problems(report.figures.totals())), "problems") + "</div>\n";
}

std::string plots(const std::string& heading, const std::vector<Plot>& all, const std::string& more = "") {
  std::string html;
  for (const Plot& plot : all) html += line_plot(plot);
  html += more;
  return html.empty() ? "" : element("h2", heading) + "<div class=\"plots\">\n" + html + "</div>\n";
}

std::string counters(const RunReport& report) {
  const Counters totals = report.figures.totals();
  std::vector<std::vector<std::string>> rows;
  for (const CounterField& field : kCounterFields) {
    if (totals.*field.member == 0) continue;
    rows.push_back({std::string(field.name), grouped(report.figures.measured().*field.member),
                    three_digits(report.figures.rate(field.member)), grouped(totals.*field.member)});
  }
  return element("h2", "Totals") + table({"", "measured part", "a second", "whole run"}, rows);
}

std::string latencies(const Histogram& latency) {
  if (latency.count() == 0) return "";
  std::vector<std::string> cells{latency_text(latency.min())};
  for (const double quantile : {0.5, 0.9, 0.99, 0.999, 0.9999}) cells.push_back(latency_text(latency.at(quantile)));
  cells.push_back(latency_text(latency.max()));
  cells.push_back(latency_text(static_cast<uint64_t>(latency.mean())));
  return element("h2", "Latency") + table({"min", "p50", "p90", "p99", "p99.9", "p99.99", "max", "mean"}, {cells});
}

std::vector<std::string> server_cells(const ServerUse& use, uint64_t work) {
  const std::string state = std::string(use.restarted ? " (restarted)" : "") + (use.ended ? " (ended)" : "");
  const auto each_second = [&use](double amount) { return three_digits(use.seconds > 0 ? amount / use.seconds : 0); };
  return {use.name + state,
          fmt::format("{:.2f}", use.cpu_s),
          each_second(use.cpu_s),
          three_digits(cpu_s_per_million(use.cpu_s, work)),
          fmt::format("{:.2f}", use.main_thread_s),
          memory_text(use.rss_bytes),
          memory_text(use.peak_rss_bytes),
          grouped(use.threads),
          grouped(use.descriptors),
          each_second(static_cast<double>(use.voluntary_switches)),
          each_second(static_cast<double>(use.involuntary_switches))};
}

std::string servers(const RunReport& report) {
  if (report.servers == nullptr) return "";
  const uint64_t work = work_done(report);
  std::vector<std::vector<std::string>> rows;
  for (const ServerUse& use : report.use) rows.push_back(server_cells(use, work));
  rows.push_back(server_cells(sum(report.use), work));
  ServerUse load;
  load.name = "load clients";
  load.seconds = sum(report.use).seconds;
  load.cpu_s = report.load_cpu_s;
  std::vector<std::string> cells = server_cells(load, work);
  std::fill(cells.begin() + 4, cells.end(), "");
  rows.push_back(cells);
  return element("h2", "Servers, in the measured part") +
         table({"", "CPU s", "cores", "CPU s/M " + report.run.work.unit, "event loop s", "RSS", "peak RSS", "threads",
                "descriptors", "waits/s", "preempted/s"},
               rows);
}

std::string syscalls(const RunReport& report) {
  const std::map<std::string, uint64_t> calls = sum(report.use).syscalls;
  if (calls.empty()) return "";
  std::vector<std::pair<std::string, uint64_t>> most(calls.begin(), calls.end());
  std::ranges::stable_sort(most, std::ranges::greater(), &std::pair<std::string, uint64_t>::second);
  const auto work = static_cast<double>(report.work_while_counting);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, count] : most) {
    rows.push_back({name, grouped(count), work > 0 ? three_digits(static_cast<double>(count) / work) : "-"});
  }
  return element("h2", "System calls (" + report.syscall_tool + ")") +
         table({"", "calls", "for each of the " + report.run.work.unit}, rows);
}

std::string options(const RunDescription& run) {
  if (run.options.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : run.options) rows.push_back({name, value});
  return element("h2", "Options") + table({"", ""}, rows);
}

}  // namespace

std::string report_html(const RunReport& report) {
  const RunDescription& run = report.run;
  std::string html =
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width\"/>\n";
  html += element("title", "talkload " + run.scenario + ", " + run.started_utc);
  html += std::string("<style>") + kReportStyle + "</style>\n</head>\n<body>\n";
  html += header(run) + verdict(report.outcome) + tiles(report) + element("pre", run.command_line);
  html += plots("Clients", client_plots(report),
                histogram_plot("How latencies are spread, in percent", report.figures.latency()));
  html += plots("Servers over time", server_plots(report));
  html += latencies(report.figures.latency()) + counters(report) + servers(report) + syscalls(report) + options(run);
  return html + "</body>\n</html>\n";
}

}  // namespace talkbeat::load
