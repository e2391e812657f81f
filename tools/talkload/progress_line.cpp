#include "tools/talkload/progress_line.h"

#include <unistd.h>

#include <iostream>

#include "tools/client/terminal_text.h"
#include "tools/talkload/figure_text.h"

namespace talkbeat::load {

namespace {

constexpr Tick kDrawEveryMs = 250;
constexpr Tick kTellEveryMs = 10'000;
constexpr const char* kClearLine = "\r\x1b[K";

std::string plural(uint64_t count, const std::string& word) {
  return grouped(count) + " " + word + (count == 1 ? "" : "s");
}

}  // namespace

std::string progress_text(const Work& work, const std::string& phase, const RunFigures& figures, double left_s) {
  const Counters totals = figures.totals();
  std::string text = phase;
  const auto step = figures.latest();
  if (step && step->counters.*work.counter > 0) {
    text += "  " + three_digits(step->per_second(work.counter)) + " " + work.unit + "/s";
  } else {
    text += "  " + grouped(totals.logged_in) + " logged in";
  }
  if (step && step->latency.count() > 0) {
    text += "  p50 " + latency_text(step->latency.at(0.5)) + "  p99 " + latency_text(step->latency.at(0.99));
  }
  text += "  " + plural(problems(totals), "problem");
  if (left_s >= 0) text += "  " + duration_text(left_s) + " left";
  return text;
}

ProgressLine::ProgressLine(Work work, bool quiet)
    : work_(std::move(work)), quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  end();
}

void ProgressLine::show(const std::string& phase, const RunFigures& figures, double left_s, Tick now) {
  if (quiet_) return;
  const Tick every = terminal_ ? kDrawEveryMs : kTellEveryMs;
  if (shown_at_ < 0 && !terminal_) shown_at_ = now;  // nothing to tell yet
  if (shown_at_ >= 0 && now - shown_at_ < every) return;
  shown_at_ = now;
  const std::string text = printable(progress_text(work_, phase, figures, left_s));
  if (terminal_) {
    std::cerr << kClearLine << text << std::flush;
    drawn_ = true;
  } else {
    std::cerr << text << "\n";
  }
}

void ProgressLine::note(const std::string& text) {
  end();
  std::cerr << printable(text) << "\n";
}

void ProgressLine::end() {
  if (drawn_) std::cerr << kClearLine << std::flush;
  drawn_ = false;
}

}  // namespace talkbeat::load
