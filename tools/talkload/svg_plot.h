#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/talkload/histogram.h"

namespace talkbeat::load {

/// A place in a plot, in what the axes count: seconds to the right, something upwards.
struct PlotPoint {
  double x = 0;
  double y = 0;
};

struct PlotLine {
  std::string name;
  std::vector<PlotPoint> points;  // from left to right
};

/// What the numbers on an axis are, and how they are written.
enum class PlotUnit { kNumber, kNanoseconds, kBytes };

/// Lines over the time of a run.
struct Plot {
  std::string title;
  PlotUnit unit = PlotUnit::kNumber;
  bool logarithmic = false;  // the y axis; what is 0 or less is left out
  std::vector<PlotLine> lines;
  double measured_begin = 0;  // the rest of the time is shaded
  double measured_end = 0;
};

// One <figure> each, with a caption, a legend and an inline SVG that takes its colours from the page's style sheet
// (classes line-0 … line-7, grid, shade, bar). Pointing at a place shows the figures there. Text is escaped. Pure.

/// Empty where no line has two points.
std::string line_plot(const Plot& plot);

/// How latencies are spread, over a logarithmic axis. Empty where there are none.
std::string histogram_plot(const std::string& title, const Histogram& latency);

/// For text between tags and in attributes; what XML cannot hold at all becomes "?".
std::string escape_xml(std::string_view text);

}  // namespace talkbeat::load
