#include "tools/talkload/figure_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace talkbeat::load {

namespace {

struct Unit {
  double size;
  const char* name;
};

// In the greatest unit that leaves at least 1 before the point.
std::string in_unit(double amount, std::span<const Unit> units) {
  const Unit* unit = &units.front();
  for (const Unit& candidate : units) {
    if (amount >= candidate.size) unit = &candidate;
  }
  return three_digits(amount / unit->size) + " " + unit->name;
}

}  // namespace

std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string three_digits(double number) {
  if (!std::isfinite(number)) return "-";
  const double size = std::abs(number);
  if (size < 0.0005) return "0";
  const std::string sign = number < 0 ? "-" : "";
  if (size < 0.9995) return fmt::format("{}{:.3g}", sign, size);
  if (size < 9.995) return fmt::format("{}{:.2f}", sign, size);
  if (size < 99.95) return fmt::format("{}{:.1f}", sign, size);
  return sign + grouped(static_cast<uint64_t>(std::llround(size)));
}

std::string latency_text(uint64_t ns) {
  constexpr std::array kUnits{Unit{1, "ns"}, Unit{1e3, "us"}, Unit{1e6, "ms"}, Unit{1e9, "s"}};
  return ns < 1000 ? std::to_string(ns) + " ns" : in_unit(static_cast<double>(ns), kUnits);
}

std::string memory_text(uint64_t bytes) {
  constexpr double kKiB = 1024;
  constexpr std::array kUnits{Unit{1, "B"}, Unit{kKiB, "KiB"}, Unit{kKiB * kKiB, "MiB"},
                              Unit{kKiB * kKiB * kKiB, "GiB"}};
  return bytes < 1024 ? std::to_string(bytes) + " B" : in_unit(static_cast<double>(bytes), kUnits);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<uint64_t>(std::llround(std::max(seconds, 0.0)));
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 7200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace talkbeat::load
