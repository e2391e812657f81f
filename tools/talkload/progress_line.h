#pragma once

#include <string>

#include "base/clock.h"
#include "tools/talkload/figures.h"
#include "tools/talkload/run_description.h"

namespace talkbeat::load {

/// How far a run is, on stderr: on a terminal one line that is drawn over, four times a second at the most; elsewhere a
/// plain line every ten seconds. The parent's thread.
///
///   line.show("measuring", figures, left_s, clock.now());
///   line.end();   // before anything else is printed
class ProgressLine {
 public:
  ProgressLine(Work work, bool quiet);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `phase`: connecting, warming up, measuring, waiting for stragglers. `left_s` < 0: nobody knows.
  void show(const std::string& phase, const RunFigures& figures, double left_s, Tick now);
  /// A line of its own, that stays.
  void note(const std::string& text);
  void end();

 private:
  Work work_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  Tick shown_at_ = -1;
};

/// What the line says, without colour. Pure.
std::string progress_text(const Work& work, const std::string& phase, const RunFigures& figures, double left_s);

}  // namespace talkbeat::load
