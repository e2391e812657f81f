#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

namespace talkbeat {

void Counter::add(double amount) {
  if (series_ != nullptr) series_->Increment(amount);
}

double Counter::value() const {
  return series_ != nullptr ? series_->Value() : 0;
}

void Gauge::set(double value) {
  if (series_ != nullptr) series_->Set(value);
}

void Gauge::add(double amount) {
  if (series_ != nullptr) series_->Increment(amount);
}

double Gauge::value() const {
  return series_ != nullptr ? series_->Value() : 0;
}

void Histogram::observe(double value) {
  if (series_ != nullptr) series_->Observe(value);
}

Metrics::Metrics(const Clock& clock) : clock_(clock), registry_(std::make_unique<prometheus::Registry>()) {
  gauge("process_start_time_seconds", "When the process began, in seconds since 1970.")
      .set(static_cast<double>(clock.unix_seconds()));
  resident_memory_ = gauge("process_resident_memory_bytes", "Memory that is in RAM.");
  open_descriptors_ = gauge("process_open_fds", "Open file descriptors.");
  max_descriptors_ = gauge("process_max_fds", "The limit of open file descriptors.");
  cpu_seconds_ = counter("process_cpu_seconds_total", "CPU time, user and system.");
}

Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  return Counter(prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  return Gauge(prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                             const MetricLabels& labels) {
  return Histogram(prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, buckets));
}

std::vector<Counter> Metrics::counters(const std::string& name, const std::string& help, const std::string& label,
                                       std::span<const std::string_view> values) {
  std::vector<Counter> result;
  for (const std::string_view value : values) result.push_back(counter(name, help, {{label, std::string(value)}}));
  return result;
}

void Metrics::update_process() {
  const ProcessFigures figures = process_.read(clock_.now());
  resident_memory_.set(figures.resident_bytes);
  open_descriptors_.set(figures.open_descriptors);
  max_descriptors_.set(figures.max_descriptors);
  cpu_seconds_.add(std::max(0.0, figures.cpu_seconds - cpu_seconds_.value()));
}

std::string Metrics::render() {
  update_process();
  for (const auto& update : updates_) update();
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace talkbeat
