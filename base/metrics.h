#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/process_figures.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace talkbeat {

// Handles to one series each: small values to keep in the part that counts, good as long as the Metrics that made
// them. One that is made by default counts nothing. Any thread; adding is one atomic addition.

/// What only grows: events, bytes. Its name ends in _total.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter& series) : series_(&series) {}
  void add(double amount = 1);
  double value() const;

 private:
  prometheus::Counter* series_ = nullptr;
};

/// What goes up and down: connections, bytes queued.
class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge& series) : series_(&series) {}
  void set(double value);
  void add(double amount);
  double value() const;

 private:
  prometheus::Gauge* series_ = nullptr;
};

/// How observations are spread over buckets: seconds, sizes.
class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram& series) : series_(&series) {}
  void observe(double value);

 private:
  prometheus::Histogram* series_ = nullptr;
};

using MetricLabels = std::map<std::string, std::string>;

/// All figures of a process (or of one server in a simulation), for GET /metrics. Owned by main(); the parts get it to
/// take their handles from when they are made. Asking twice for a name with the same labels gives the same series.
/// Series are registered and render() is called on the loop's thread. An invalid name is our own bug, and ends the
/// process.
///
///   Metrics metrics(clock);
///   Counter accepted = metrics.counter("connections_accepted_total", "Connections accepted.");
///   accepted.add();
class Metrics {
 public:
  /// What render() is to be served as.
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  /// The clock, which outlives it, gives the process's start time.
  explicit Metrics(const Clock& clock);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  /// `buckets`: upper bounds, ascending; the one of all the rest is added.
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                      const MetricLabels& labels = {});
  /// One counter for each value of a label, all there from the start (0 is a figure, too): an enum is the index.
  std::vector<Counter> counters(const std::string& name, const std::string& help, const std::string& label,
                                std::span<const std::string_view> values);

  /// Called at the beginning of each render(): for gauges that are cheaper read than kept.
  void before_render(std::function<void()> update) { updates_.push_back(std::move(update)); }

  /// The text format 0.0.4, with the process's memory, descriptors and CPU time as they are now.
  std::string render();

 private:
  void update_process();

  const Clock& clock_;
  ProcessReader process_;
  std::unique_ptr<prometheus::Registry> registry_;
  std::vector<std::function<void()>> updates_;
  Gauge resident_memory_;
  Gauge open_descriptors_;
  Gauge max_descriptors_;
  Counter cpu_seconds_;
};

}  // namespace talkbeat
