#include "tools/talkload/plot_axis.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace talkbeat::load {

namespace {

constexpr int kMostSteps = 5;
constexpr double kLeast = 1e-9;      // of what a logarithmic axis can show
constexpr double kFewDecades = 2.5;  // fewer than that have marks at 2 and 5 as well

// 1, 2 or 5 times a power of ten, so that there are few steps.
double round_step(double range) {
  const double power = std::pow(10, std::floor(std::log10(range / kMostSteps)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (range / (factor * power) <= kMostSteps + 1e-9) return factor * power;
  }
  return 10 * power;
}

// Powers of ten, from below the figures to well above.
std::vector<double> round_numbers(const PlotAxis::Range& figures) {
  const bool few = std::log10(figures.end / figures.begin) < kFewDecades;
  std::vector<double> numbers;
  const int first = static_cast<int>(std::floor(std::log10(figures.begin))) - 1;
  const int last = static_cast<int>(std::ceil(std::log10(figures.end))) + 1;
  for (int power = first; power <= last; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor == 1 || few) numbers.push_back(factor * std::pow(10, power));
    }
  }
  return numbers;
}

}  // namespace

PlotAxis PlotAxis::linear(Range figures, Range pixels, double step_base) {
  if (!(figures.end > figures.begin)) figures.end = figures.begin + step_base;
  PlotAxis axis(figures, pixels, false);
  const double step = round_step((figures.end - figures.begin) / step_base) * step_base;
  const auto first = static_cast<int>(std::ceil(figures.begin / step - 1e-9));
  for (int i = first; i * step <= figures.end + step * 1e-9; ++i) axis.marks_.push_back(i * step);
  return axis;
}

PlotAxis PlotAxis::logarithmic(Range figures, Range pixels) {
  figures.begin = std::max(figures.begin, kLeast);
  figures.end = std::max(figures.end, figures.begin);
  const std::vector<double> round = round_numbers(figures);
  // From the last mark that is not above all figures to the first that is not below them.
  const auto last = std::ranges::lower_bound(round, figures.end);
  const auto first = std::prev(std::ranges::upper_bound(round, figures.begin));
  const auto end = std::next(last, first == last ? 2 : 1);  // two marks at least
  PlotAxis axis({*first, *std::prev(end)}, pixels, true);
  axis.marks_.assign(first, end);
  return axis;
}

double PlotAxis::pixel(double figure) const {
  const double share = logarithmic_ ? std::log(figure / figures_.begin) / std::log(figures_.end / figures_.begin)
                                    : (figure - figures_.begin) / (figures_.end - figures_.begin);
  return pixels_.begin + std::clamp(share, 0.0, 1.0) * (pixels_.end - pixels_.begin);
}

}  // namespace talkbeat::load
