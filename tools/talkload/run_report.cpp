#include "tools/talkload/run_report.h"

#include <algorithm>

namespace talkbeat::load {

uint64_t work_done(const RunReport& report) {
  return report.figures.measured().*report.run.work.counter;
}

double rss_per_connection(const RunReport& report) {
  // Where connections come and go, what stands at the end says nothing about what the servers have grown by.
  if (report.run.scenario == "login" || report.run.scenario == "reconnect") return 0;
  const Counters totals = report.figures.totals();
  const uint64_t standing = totals.connections - std::min(totals.closed, totals.connections);
  int64_t growth = 0;
  for (const ServerUse& use : report.use) growth += use.name.starts_with("msg_server") ? use.rss_growth : 0;
  return standing == 0 ? 0 : static_cast<double>(std::max<int64_t>(growth, 0)) / static_cast<double>(standing);
}

double syscalls_per_work(const RunReport& report) {
  uint64_t calls = 0;
  for (const ServerUse& use : report.use) {
    for (const auto& [name, count] : use.syscalls) calls += count;
  }
  return report.work_while_counting == 0 ? 0
                                         : static_cast<double>(calls) / static_cast<double>(report.work_while_counting);
}

}  // namespace talkbeat::load
