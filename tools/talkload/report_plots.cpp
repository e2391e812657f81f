#include "tools/talkload/report_plots.h"

#include <map>

namespace talkbeat::load {

namespace {

constexpr size_t kMostLines = 8;  // as many colours as one tells apart

Plot plot_of(const RunReport& report, std::string title, PlotUnit unit = PlotUnit::kNumber) {
  Plot plot;
  plot.title = std::move(title);
  plot.unit = unit;
  plot.measured_begin = report.figures.part().begin_s;
  plot.measured_end = report.figures.part().end_s;
  return plot;
}

// `figure` of each step that tells of anything, at its middle.
template <class Figure>
PlotLine line_of(const RunReport& report, std::string name, Figure figure) {
  PlotLine line{std::move(name), {}};
  for (const Interval& step : report.figures.time_line()) {
    if (step.seconds > 0) line.points.push_back({step.at_s + step.seconds / 2, figure(step)});
  }
  return line;
}

PlotLine latency_line(const RunReport& report, std::string name, double quantile) {
  return line_of(report, std::move(name),
                 [quantile](const Interval& step) { return static_cast<double>(step.latency.at(quantile)); });
}

bool anything_went_wrong(const RunReport& report) {
  return problems(report.figures.totals()) > 0;
}

std::vector<PlotPoint> cpu_of(const ServerSeries& server) {
  std::vector<PlotPoint> points;
  for (size_t i = 1; i < server.samples.size(); ++i) {
    const ProcessSample& before = server.samples[i - 1];
    const ProcessSample& after = server.samples[i];
    const double seconds = after.at_s - before.at_s;
    if (seconds > 0) points.push_back({after.at_s, (after.cpu_s - before.cpu_s) / seconds});
  }
  return points;
}

std::vector<PlotPoint> memory_of(const ServerSeries& server) {
  std::vector<PlotPoint> points;
  for (const ProcessSample& sample : server.samples)
    points.push_back({sample.at_s, static_cast<double>(sample.rss_bytes)});
  return points;
}

std::string kind_of(const std::string& name) {
  return name.substr(0, name.rfind('_'));
}

// A line for each server, or, of many, for each kind the sum. They are all sampled at the same times.
template <class Points>
std::vector<PlotLine> server_lines(const ServerProbe& probe, Points points_of) {
  std::vector<PlotLine> lines;
  if (probe.servers().size() <= kMostLines) {
    for (const ServerSeries& server : probe.servers()) lines.push_back({server.name, points_of(server)});
    return lines;
  }
  std::map<std::string, std::map<double, double>> sums;
  for (const ServerSeries& server : probe.servers()) {
    for (const PlotPoint& point : points_of(server)) sums[kind_of(server.name)][point.x] += point.y;
  }
  for (const auto& [kind, figures] : sums) {
    PlotLine line{"all " + kind + "s", {}};
    for (const auto& [x, y] : figures) line.points.push_back({x, y});
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::vector<Plot> client_plots(const RunReport& report) {
  const Work& work = report.run.work;
  std::vector<Plot> plots;
  plots.push_back(plot_of(report, work.unit + " a second"));
  plots.back().lines = {line_of(report, "", [&](const Interval& step) { return step.per_second(work.counter); })};
  if (report.figures.latency().count() > 0) {
    plots.push_back(plot_of(report, "Latency, " + work.latency, PlotUnit::kNanoseconds));
    plots.back().logarithmic = true;
    plots.back().lines = {latency_line(report, "p50", 0.5), latency_line(report, "p99", 0.99),
                          latency_line(report, "max", 1)};
  }
  if (anything_went_wrong(report)) {
    plots.push_back(plot_of(report, "Problems a second (lost, doubled, misordered, refused, errors, closed)"));
    plots.back().lines = {line_of(
        report, "", [](const Interval& step) { return static_cast<double>(problems(step.counters)) / step.seconds; })};
  }
  return plots;
}

std::vector<Plot> server_plots(const RunReport& report) {
  if (report.servers == nullptr) return {};
  std::vector<Plot> plots;
  plots.push_back(plot_of(report, "CPU of the servers, in cores"));
  plots.back().lines = server_lines(*report.servers, cpu_of);
  plots.push_back(plot_of(report, "Memory of the servers (RSS)", PlotUnit::kBytes));
  plots.back().lines = server_lines(*report.servers, memory_of);
  plots.push_back(plot_of(report, "Memory of this machine's TCP sockets", PlotUnit::kBytes));
  PlotLine line;
  for (const SocketMemory& memory : report.servers->sockets()) {
    line.points.push_back({memory.at_s, static_cast<double>(memory.tcp_bytes)});
  }
  plots.back().lines = {line};
  return plots;
}

}  // namespace talkbeat::load
