#include "tools/talkload/figures.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "tools/talkload/varint.h"

namespace talkbeat::load {

namespace {

constexpr size_t kMostSteps = 600;  // about as many as a plot has pixels; each may hold 10 KiB
constexpr double kMicrosecondsASecond = 1e6;

bool goes_backwards(const Counters& from, const Counters& to) {
  return std::ranges::any_of(kCounterFields,
                             [&](const CounterField& field) { return to.*field.member < from.*field.member; });
}

double ratio(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace

std::string encode(const Sample& sample) {
  std::string bytes;
  append_varint(bytes, static_cast<uint64_t>(std::llround(std::max(sample.at_s, 0.0) * kMicrosecondsASecond)));
  for (const CounterField& field : kCounterFields) append_varint(bytes, sample.totals.*field.member);
  return bytes + sample.latency.encode();
}

std::optional<Sample> decode_sample(std::string_view bytes) {
  Sample sample;
  const auto at = take_varint(bytes);
  if (!at) return std::nullopt;
  sample.at_s = static_cast<double>(*at) / kMicrosecondsASecond;
  for (const CounterField& field : kCounterFields) {
    const auto number = take_varint(bytes);
    if (!number) return std::nullopt;
    sample.totals.*field.member = *number;
  }
  auto latency = Histogram::decode(bytes);
  if (!latency) return std::nullopt;
  sample.latency = std::move(*latency);
  return sample;
}

double Interval::per_second(uint64_t Counters::*what) const {
  return ratio(counters.*what, seconds);
}

RunFigures::RunFigures(size_t processes, MeasuredPart part) : part_(part), processes_(processes) {}

void RunFigures::add(size_t index, const Sample& sample) {
  CHECK(index < processes_.size());
  Process& process = processes_[index];
  if (sample.at_s < process.at_s || goes_backwards(process.totals, sample.totals)) {
    process.before += process.totals;
    process.totals = {};
    process.at_s = std::min(process.at_s, sample.at_s);
  }
  Counters news = sample.totals;
  news -= process.totals;
  const double middle = (process.at_s + sample.at_s) / 2;
  if (middle >= part_.begin_s && middle < part_.end_s) {
    measured_ += news;
    process.measured_s += sample.at_s - process.at_s;
  }
  if (middle >= part_.begin_s && (middle < part_.end_s || part_.with_stragglers)) latency_.add(sample.latency);
  Interval& step = step_at(middle);
  step.counters += news;
  step.seconds += (sample.at_s - process.at_s) / static_cast<double>(processes_.size());
  step.latency.add(sample.latency);
  process.totals = sample.totals;
  process.at_s = sample.at_s;
}

Counters RunFigures::totals() const {
  Counters sum;
  for (const Process& process : processes_) (sum += process.before) += process.totals;
  return sum;
}

double RunFigures::measured_s() const {
  double sum = 0;
  size_t told = 0;
  for (const Process& process : processes_) {
    sum += process.measured_s;
    told += process.measured_s > 0 ? 1 : 0;
  }
  return told == 0 ? 0 : sum / static_cast<double>(told);
}

double RunFigures::rate(uint64_t Counters::*what) const {
  return ratio(measured_.*what, measured_s());
}

std::optional<Interval> RunFigures::latest() const {
  double told = time_line_.empty() ? 0 : time_line_.back().at_s + step_s_;
  for (const Process& process : processes_) told = std::min(told, process.at_s);
  // Samples come a little after the full second: a step is done once a process has said something of nearly all of it.
  const auto done = static_cast<size_t>(std::floor(told / step_s_ + 0.5));
  if (done == 0 || time_line_.empty()) return std::nullopt;
  return time_line_[std::min(done, time_line_.size()) - 1];
}

Interval& RunFigures::step_at(double at_s) {
  auto index = static_cast<size_t>(std::max(at_s, 0.0) / step_s_);
  while (index >= kMostSteps) {
    join_pairs();
    index = static_cast<size_t>(std::max(at_s, 0.0) / step_s_);
  }
  while (time_line_.size() <= index) {
    const double begin_s = static_cast<double>(time_line_.size()) * step_s_;
    time_line_.emplace_back().at_s = begin_s;
  }
  return time_line_[index];
}

void RunFigures::join_pairs() {
  for (size_t i = 0; i < time_line_.size(); i += 2) {
    Interval joined = std::move(time_line_[i]);
    if (i + 1 < time_line_.size()) {
      joined.seconds += time_line_[i + 1].seconds;
      joined.counters += time_line_[i + 1].counters;
      joined.latency.add(time_line_[i + 1].latency);
    }
    time_line_[i / 2] = std::move(joined);
  }
  time_line_.resize((time_line_.size() + 1) / 2);
  step_s_ *= 2;
}

}  // namespace talkbeat::load
