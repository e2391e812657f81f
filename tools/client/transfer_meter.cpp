#include "tools/client/transfer_meter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace talkbeat {

namespace {

constexpr Tick kSampleMs = 500;
constexpr double kNewWeight = 0.3;

std::string duration_text(double seconds) {
  const auto whole = std::lround(seconds);
  std::array<char, 32> text{};
  if (whole >= 3600) {
    std::snprintf(text.data(), text.size(), "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%ld:%02ld", whole / 60, whole % 60);
  }
  return text.data();
}

}  // namespace

std::string size_text(uint64_t bytes) {
  constexpr std::array kUnits = {"kB", "MB", "GB"};
  if (bytes < 1'000) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  double value = static_cast<double>(bytes) / 1'000;
  size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < kUnits.size(); ++unit) value /= 1'000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

// What an earlier run has brought already says nothing of this one's speed.
void TransferMeter::note(Tick now, uint32_t bytes) {
  bytes_ = bytes;
  if (!begun_ || bytes < sampled_bytes_) {
    begun_ = true;
    sampled_at_ = now;
    sampled_bytes_ = bytes;
    return;
  }
  if (now - sampled_at_ < kSampleMs) return;
  const double fresh = 1'000.0 * (bytes - sampled_bytes_) / static_cast<double>(now - sampled_at_);
  rate_ = rate_ == 0 ? fresh : kNewWeight * fresh + (1 - kNewWeight) * rate_;
  sampled_at_ = now;
  sampled_bytes_ = bytes;
}

int TransferMeter::percent() const {
  return size_ == 0 ? 100 : static_cast<int>(uint64_t{bytes_} * 100 / size_);
}

std::string TransferMeter::line() const {
  std::string text = std::to_string(percent()) + "%";
  if (rate_ < 1) return text;
  text += "  " + size_text(static_cast<uint64_t>(rate_)) + "/s";
  return text + "  " + duration_text(std::max(0.0, (size_ - bytes_) / rate_)) + " left";
}

std::string TransferMeter::bar(size_t width) const {
  const size_t done = width * static_cast<size_t>(percent()) / 100;
  return "[" + std::string(done, '#') + std::string(width - done, '-') + "] " + line();
}

}  // namespace talkbeat
