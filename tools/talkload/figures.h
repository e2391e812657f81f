#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/talkload/counters.h"
#include "tools/talkload/histogram.h"

namespace talkbeat::load {

/// What one load process says of one interval, about once a second and once at its end.
struct Sample {
  double at_s = 0;    // since the run began, for all processes at the same time
  Counters totals;    // of this process, since it began
  Histogram latency;  // of this interval alone
};

/// For the pipe to the parent; decode() gives nothing for bytes that are not a sample.
std::string encode(const Sample& sample);
std::optional<Sample> decode_sample(std::string_view bytes);

/// One step of the time line, all processes together.
struct Interval {
  double at_s = 0;     // where it begins
  double seconds = 0;  // how much time the samples in it tell of; 0: there are none
  Counters counters;   // what came to pass in it
  Histogram latency;   // of what arrived in it
  double per_second(uint64_t Counters::*what) const;
};

/// Which part of a run counts: what lies before is for warming up, what lies behind for stragglers.
struct MeasuredPart {
  double begin_s = 0;
  double end_s = 0;
  /// The latency of stragglers counts, too: in an open loop they were meant to go in the measured part, and to leave
  /// them out would hide a stall at its end.
  bool with_stragglers = false;
};

/// The samples of all load processes, merged as they come: into a time line of bounded length (a second a step; in long
/// runs steps are joined in pairs, again and again), and into totals and one histogram of the measured part. A sample
/// counts for where its middle lies, so a process should take one when the measured part begins, and one when it ends.
/// A pure value; the parent's thread.
///
///   RunFigures figures(processes, {.begin_s = 2, .end_s = 12});
///   figures.add(process, sample);
///   figures.rate(&Counters::delivered);   // a second, in the measured part
class RunFigures {
 public:
  RunFigures(size_t processes, MeasuredPart part);

  /// A process whose totals or times go backwards is counted from there anew.
  void add(size_t process, const Sample& sample);

  /// Since the beginning, all processes.
  Counters totals() const;
  /// Of the measured part.
  const Counters& measured() const { return measured_; }
  const Histogram& latency() const { return latency_; }
  /// How long the measured part is by the processes' own samples, on average; 0 before it has begun.
  double measured_s() const;
  /// A second, in the measured part.
  double rate(uint64_t Counters::*what) const;
  MeasuredPart part() const { return part_; }

  const std::vector<Interval>& time_line() const { return time_line_; }
  /// The last step that all processes have told of, for a line on the terminal; nothing before there is one.
  std::optional<Interval> latest() const;

 private:
  struct Process {
    double at_s = 0;
    Counters totals;  // of its last sample
    Counters before;  // of its lives before, where it was started anew
    double measured_s = 0;
  };

  Interval& step_at(double at_s);
  void join_pairs();

  MeasuredPart part_;
  double step_s_ = 1;
  std::vector<Process> processes_;
  std::vector<Interval> time_line_;
  Counters measured_;
  Histogram latency_;
};

}  // namespace talkbeat::load
