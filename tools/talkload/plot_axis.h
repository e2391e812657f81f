#pragma once

#include <string>
#include <vector>

namespace talkbeat::load {

/// From figures to pixels along one direction, and where the axis has its marks. A plain value.
///
///   const PlotAxis y = PlotAxis::linear({0, most}, {210, 12});
///   for (double mark : y.marks()) line_at(y.pixel(mark));
class PlotAxis {
 public:
  struct Range {
    double begin = 0;
    double end = 1;
  };

  /// `step_base`: what marks are round numbers of (1, or a KiB, a MiB).
  static PlotAxis linear(Range figures, Range pixels, double step_base = 1);
  /// `figures` are above 0, and widened to where there is a mark.
  static PlotAxis logarithmic(Range figures, Range pixels);

  double pixel(double figure) const;
  const std::vector<double>& marks() const { return marks_; }
  Range figures() const { return figures_; }

 private:
  PlotAxis(Range figures, Range pixels, bool logarithmic)
      : figures_(figures), pixels_(pixels), logarithmic_(logarithmic) {}

  Range figures_;
  Range pixels_;
  bool logarithmic_;
  std::vector<double> marks_;
};

}  // namespace talkbeat::load
