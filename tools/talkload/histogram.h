#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talkbeat::load {

/// How latencies in nanoseconds are spread: exact below 64 ns, above that 32 buckets for each power of two, so that
/// at() is off by 1.6 % at most, up to two hours and more (what is longer counts as the last bucket). Holds 10 KiB at
/// the most, less while all is quick; recording is an addition. A plain value, of one thread.
///
///   latency.record(now_ns - intended_ns);
///   all.add(latency);
///   double p99_ms = static_cast<double>(all.at(0.99)) / 1e6;
class Histogram {
 public:
  void record(uint64_t ns, uint64_t count = 1);
  void add(const Histogram& other);

  uint64_t count() const { return count_; }
  /// The smallest and the greatest recorded, exactly; 0 where nothing was.
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  uint64_t max() const { return max_; }
  double mean() const;
  /// What this part (0 to 1) of all took at the most: at(0.5) is the median. 0 where nothing was recorded.
  uint64_t at(double quantile) const;

  /// Only those that hold something, smallest first. A value v is in one where lower <= v <= upper.
  using Visit = std::function<void(uint64_t lower, uint64_t upper, uint64_t count)>;
  void for_each_bucket(const Visit& visit) const;

  /// For a pipe. decode() gives nothing for bytes that encode() did not write.
  std::string encode() const;
  static std::optional<Histogram> decode(std::string_view bytes);

 private:
  std::vector<uint64_t> buckets_;  // as many as the greatest value needed
  uint64_t count_ = 0;
  uint64_t min_ = UINT64_MAX;
  uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace talkbeat::load
