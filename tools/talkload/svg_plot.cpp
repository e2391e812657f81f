#include "tools/talkload/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/utf8.h"
#include "tools/talkload/figure_text.h"
#include "tools/talkload/plot_axis.h"

namespace talkbeat::load {

namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 240;
constexpr double kLeft = 72;
constexpr double kRight = kWidth - 24;
constexpr double kTop = 10;
constexpr double kBottom = kHeight - 26;
constexpr size_t kColours = 8;
constexpr double kBarsADecade = 24;
constexpr double kHeadroom = 1.05;

std::string number_text(double figure, PlotUnit unit) {
  const auto whole = static_cast<uint64_t>(std::llround(std::max(figure, 0.0)));
  switch (unit) {
    case PlotUnit::kNumber:
      return three_digits(figure);
    case PlotUnit::kNanoseconds:
      return latency_text(whole);
    case PlotUnit::kBytes:
      return memory_text(whole);
  }
  return "";
}

// Marks are round numbers: "2 s", "20 MiB".
std::string mark_text(double figure, PlotUnit unit) {
  std::string text = number_text(figure, unit);
  for (const char* zeros : {".00", ".0"}) {
    const size_t at = text.find(zeros);
    const size_t end = at == std::string::npos ? 0 : at + std::string_view(zeros).size();
    if (end > 0 && (end == text.size() || text[end] == ' ')) text.erase(at, end - at);
  }
  return text;
}

std::string text_at(double x, double y, const std::string& anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, escape_xml(text));
}

std::string stroke(const std::string& kind, double x1, double y1, double x2, double y2) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", kind, x1, y1, x2,
                     y2);
}

std::string box(const std::string& kind, double left, double top, double right, double bottom,
                const std::string& shown = "") {
  const std::string title = shown.empty() ? "" : "<title>" + escape_xml(shown) + "</title>";
  return fmt::format("<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\">{}</rect>\n",
                     kind, left, top, std::max(right - left, 0.0), std::max(bottom - top, 0.0), title);
}

std::string y_marks(const PlotAxis& y, PlotUnit unit) {
  std::string svg;
  for (const double mark : y.marks()) {
    svg += stroke("grid", kLeft, y.pixel(mark), kRight, y.pixel(mark));
    svg += text_at(kLeft - 8, y.pixel(mark) + 4, "end", mark_text(mark, unit));
  }
  return svg;
}

std::string x_marks(const PlotAxis& x, PlotUnit unit, const std::string& suffix) {
  std::string svg;
  for (const double mark : x.marks()) {
    svg += stroke("grid", x.pixel(mark), kBottom, x.pixel(mark), kBottom + 4);
    svg += text_at(x.pixel(mark), kBottom + 17, "middle", mark_text(mark, unit) + suffix);
  }
  return svg;
}

std::string figure(const std::string& title, const std::string& legend, const std::string& svg) {
  return fmt::format(
      "<figure>\n<figcaption>{0}</figcaption>\n{1}<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {2} {3}\" "
      "role=\"img\" aria-label=\"{0}\">\n{4}</svg>\n</figure>\n",
      escape_xml(title), legend, kWidth, kHeight, svg);
}

std::string legend_of(const std::vector<PlotLine>& lines) {
  if (lines.size() < 2) return "";
  std::string html = "<p class=\"legend\">";
  for (size_t i = 0; i < lines.size(); ++i) {
    html += fmt::format("<span class=\"key key-{}\"></span>{} ", i % kColours, escape_xml(lines[i].name));
  }
  return html + "</p>\n";
}

bool drawable(const Plot& plot, const PlotPoint& point) {
  return std::isfinite(point.y) && (!plot.logarithmic || point.y > 0);
}

struct Extent {
  PlotAxis::Range x;
  PlotAxis::Range y;
  size_t points = 0;  // of the longest line
};

Extent extent_of(const Plot& plot) {
  Extent extent{{INFINITY, -INFINITY}, {INFINITY, -INFINITY}};
  for (const PlotLine& line : plot.lines) {
    size_t points = 0;
    for (const PlotPoint& point : line.points) {
      if (!drawable(plot, point)) continue;
      extent.x = {std::min(extent.x.begin, point.x), std::max(extent.x.end, point.x)};
      extent.y = {std::min(extent.y.begin, point.y), std::max(extent.y.end, point.y)};
      ++points;
    }
    extent.points = std::max(extent.points, points);
  }
  return extent;
}

// What a mark of bytes is a round number of: the unit that the greatest is told in.
double step_base(PlotUnit unit, double most) {
  constexpr double kKiB = 1024;
  double base = 1;
  while (unit == PlotUnit::kBytes && most >= base * kKiB) base *= kKiB;
  return base;
}

PlotAxis y_axis(const Plot& plot, PlotAxis::Range range) {
  const PlotAxis::Range pixels{kBottom, kTop};
  if (plot.logarithmic) return PlotAxis::logarithmic(range, pixels);
  const double most = std::max(range.end, 0.0) * kHeadroom;
  return PlotAxis::linear({0, most}, pixels, step_base(plot.unit, most));
}

std::string path_of(const Plot& plot, size_t index, const PlotAxis& x, const PlotAxis& y) {
  std::string path;
  for (const PlotPoint& point : plot.lines[index].points) {
    if (!drawable(plot, point)) continue;
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", x.pixel(point.x), y.pixel(point.y));
  }
  return fmt::format("<path class=\"line line-{}\" d=\"{}\"/>\n", index % kColours, path);
}

// Invisible strips, each of which tells the figures at its place.
std::string tooltips(const Plot& plot, const PlotAxis& x) {
  std::map<double, std::string> told;
  for (const PlotLine& line : plot.lines) {
    for (const PlotPoint& point : line.points) {
      if (!drawable(plot, point)) continue;
      std::string& text = told[point.x];
      if (text.empty()) text = "at " + three_digits(point.x) + " s";
      text += "\n" + (line.name.empty() ? "" : line.name + ": ") + number_text(point.y, plot.unit);
    }
  }
  std::string svg;
  double left = kLeft;
  for (auto at = told.begin(); at != told.end(); ++at) {
    const auto next = std::next(at);
    const double right = next == told.end() ? kRight : x.pixel((at->first + next->first) / 2);
    svg += box("hover", left, kTop, right, kBottom, at->second);
    left = right;
  }
  return svg;
}

std::string shades(const Plot& plot, const PlotAxis& x) {
  if (plot.measured_end <= plot.measured_begin) return "";
  return box("shade", kLeft, kTop, x.pixel(plot.measured_begin), kBottom) +
         box("shade", x.pixel(plot.measured_end), kTop, kRight, kBottom);
}

// How many lie between two marks of the logarithmic axis that are equally far apart everywhere: a bucket's count is
// shared out to the bars that it overlaps, for buckets are equally wide only within a power of two.
std::vector<double> bars_of(const Histogram& latency, double first_decade, size_t bars) {
  std::vector<double> heights(bars, 0);
  const auto position = [&](double ns) { return (std::log10(std::max(ns, 1.0)) - first_decade) * kBarsADecade; };
  latency.for_each_bucket([&](uint64_t lower, uint64_t upper, uint64_t count) {
    const double begin = std::max(position(static_cast<double>(lower)), 0.0);
    const double end = std::min(position(static_cast<double>(upper) + 1), static_cast<double>(bars));
    for (double at = begin; at < end;) {
      const double next = std::min(std::floor(at) + 1, end);
      heights[std::min(static_cast<size_t>(at), bars - 1)] += static_cast<double>(count) * (next - at) / (end - begin);
      at = next;
    }
  });
  return heights;
}

// The first character of the text.
std::string escaped(uint32_t code, size_t length, std::string_view text) {
  constexpr uint32_t kNotInXml = 0xfffe;
  const bool control = code < 0x20 && code != '\n' && code != '\t';
  if (length == 0 || control || code == kNotInXml || code == kNotInXml + 1) return "?";
  switch (text.front()) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return std::string(text.substr(0, length));
  }
}

std::string quantile_markers(const Histogram& latency, const PlotAxis& x) {
  constexpr double kLineHeight = 12;
  constexpr double kTextWidth = 34;
  constexpr double kGap = 3;
  std::string svg;
  double text_y = kTop + kLineHeight;
  for (const auto& [name, quantile] : {std::pair{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}}) {
    const double at = x.pixel(static_cast<double>(latency.at(quantile)));
    const bool at_edge = at > kRight - kTextWidth;
    svg += stroke("marker", at, kTop, at, kBottom);
    svg += text_at(at_edge ? at - kGap : at + kGap, text_y, at_edge ? "end" : "start", name);
    text_y += kLineHeight;  // they may lie close together
  }
  return svg;
}

std::string bar(const PlotAxis& x, const PlotAxis& y, double from_ns, double to_ns, double percent) {
  constexpr double kGap = 0.5;
  constexpr double kLeastHeight = 0.7;  // one in a million is seen as well
  const std::string shown = number_text(from_ns, PlotUnit::kNanoseconds) + " to " +
                            number_text(to_ns, PlotUnit::kNanoseconds) + ": " + three_digits(percent) + " %";
  const double top = std::min(y.pixel(percent), kBottom - kLeastHeight);
  return box("bar", x.pixel(from_ns) + kGap, top, x.pixel(to_ns) - kGap, kBottom, shown);
}

}  // namespace

std::string line_plot(const Plot& plot) {
  const Extent extent = extent_of(plot);
  if (extent.points < 2) return "";
  const PlotAxis x = PlotAxis::linear(extent.x, {kLeft, kRight});
  const PlotAxis y = y_axis(plot, extent.y);
  std::string svg = shades(plot, x) + y_marks(y, plot.unit) + x_marks(x, PlotUnit::kNumber, " s");
  for (size_t i = 0; i < plot.lines.size(); ++i) svg += path_of(plot, i, x, y);
  return figure(plot.title, legend_of(plot.lines), svg + tooltips(plot, x));
}

std::string histogram_plot(const std::string& title, const Histogram& latency) {
  if (latency.count() == 0) return "";
  const auto least = static_cast<double>(std::max<uint64_t>(latency.min(), 1));
  const auto most = static_cast<double>(std::max<uint64_t>(latency.max(), 2));
  const PlotAxis x = PlotAxis::logarithmic({least, most}, {kLeft, kRight});
  const double first_decade = std::log10(x.figures().begin);
  const auto bars = static_cast<size_t>(std::ceil((std::log10(x.figures().end) - first_decade) * kBarsADecade - 1e-9));
  const std::vector<double> heights = bars_of(latency, first_decade, bars);
  const double all = static_cast<double>(latency.count());
  const double highest = *std::ranges::max_element(heights) * 100 / all;
  const PlotAxis y = PlotAxis::linear({0, highest * kHeadroom}, {kBottom, kTop});
  std::string svg = y_marks(y, PlotUnit::kNumber) + x_marks(x, PlotUnit::kNanoseconds, "");
  const auto edge = [&](size_t i) { return std::pow(10, first_decade + static_cast<double>(i) / kBarsADecade); };
  for (size_t i = 0; i < bars; ++i) {
    if (heights[i] > 0) svg += bar(x, y, edge(i), edge(i + 1), heights[i] * 100 / all);
  }
  svg += quantile_markers(latency, x);
  return figure(title, "", svg);
}

std::string escape_xml(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto [code, length] = decode_utf8(text);
    result += escaped(code, length, text);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return result;
}

}  // namespace talkbeat::load
