#include "tools/talkload/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "tools/talkload/varint.h"

namespace talkbeat::load {

namespace {

constexpr unsigned kExactBits = 6;                  // below 2^6 a bucket is one number
constexpr unsigned kHalf = 1U << (kExactBits - 1);  // buckets for each power of two above
constexpr unsigned kGreatestBits = 43;              // 2^43 ns are 2.4 hours
constexpr size_t kBuckets = (kGreatestBits - kExactBits + 2) * kHalf;

// Above the exact part: the highest six bits of a value, the first of which is always 1, and how many follow them.
size_t bucket_of(uint64_t ns) {
  ns = std::min(ns, (uint64_t{1} << kGreatestBits) - 1);
  const auto bits = static_cast<unsigned>(std::bit_width(ns));
  const unsigned shift = bits > kExactBits ? bits - kExactBits : 0;
  return shift * kHalf + static_cast<size_t>(ns >> shift);
}

uint64_t lower_of(size_t bucket) {
  if (bucket < 2 * kHalf) return bucket;
  const size_t shift = bucket / kHalf - 1;
  return static_cast<uint64_t>(bucket - shift * kHalf) << shift;
}

uint64_t upper_of(size_t bucket) {
  return lower_of(bucket + 1) - 1;
}

static_assert(kBuckets * sizeof(uint64_t) <= 10'240);

}  // namespace

void Histogram::record(uint64_t ns, uint64_t count) {
  if (count == 0) return;
  const size_t bucket = bucket_of(ns);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  buckets_[bucket] += count;
  count_ += count;
  min_ = std::min(min_, ns);
  max_ = std::max(max_, ns);
  sum_ += static_cast<double>(ns) * static_cast<double>(count);
}

void Histogram::add(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

uint64_t Histogram::at(double quantile) const {
  if (count_ == 0) return 0;
  const double rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const uint64_t wanted = std::clamp<uint64_t>(static_cast<uint64_t>(rank), 1, count_);
  if (wanted == count_) return max_;
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::clamp(lower_of(i) + (upper_of(i) - lower_of(i)) / 2, min_, max_);
  }
  return max_;
}

void Histogram::for_each_bucket(const Visit& visit) const {
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] != 0)
      visit(lower_of(i), i + 1 == kBuckets ? std::max(max_, upper_of(i)) : upper_of(i), buckets_[i]);
  }
}

// min, max and mean, then (buckets that are skipped, count) for each that holds something.
std::string Histogram::encode() const {
  std::string bytes;
  append_varint(bytes, min());
  append_varint(bytes, max_);
  append_varint(bytes, std::bit_cast<uint64_t>(sum_));
  size_t next = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] == 0) continue;
    append_varint(bytes, i - next);
    append_varint(bytes, buckets_[i]);
    next = i + 1;
  }
  return bytes;
}

std::optional<Histogram> Histogram::decode(std::string_view bytes) {
  Histogram histogram;
  const auto min = take_varint(bytes);
  const auto max = take_varint(bytes);
  const auto sum = take_varint(bytes);
  if (!min || !max || !sum) return std::nullopt;
  for (size_t next = 0; !bytes.empty();) {
    const auto skipped = take_varint(bytes);
    const auto count = take_varint(bytes);
    if (!skipped || !count || *count == 0 || next >= kBuckets || *skipped >= kBuckets - next) return std::nullopt;
    next += *skipped;
    histogram.record(lower_of(next++), *count);
  }
  if (histogram.count_ == 0) return *max == 0 ? std::optional(histogram) : std::nullopt;
  if (bucket_of(*min) != bucket_of(histogram.min_) || bucket_of(*max) != bucket_of(histogram.max_)) return std::nullopt;
  histogram.min_ = *min;
  histogram.max_ = *max;
  histogram.sum_ = std::bit_cast<double>(*sum);
  return histogram;
}

}  // namespace talkbeat::load
