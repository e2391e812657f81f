#pragma once

#include <array>
#include <cstdint>

#include "base/event_loop.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "login_server/config.h"
#include "login_server/image_store.h"

namespace talkbeat::login {

/// Knows how much the images take, and removes those that are too old: one bucket after the other, round and round,
/// each a short job of the disk's worker. The first round, which counts what is there, follows at once, the later ones
/// take images.sweep_interval each; they also see what other login_servers have put into the same directory. Owned by
/// ImageService; the loop's thread only.
///
///   ImageSweep sweep(loop, disk, store, metrics, settings);
///   sweep.start();
///   sweep.added(name, size);
///   if (sweep.bytes() + size > settings.max_total) refuse();
class ImageSweep {
 public:
  ImageSweep(EventLoop& loop, Executor& disk, const ImageStore& store, Metrics& metrics, const ImageSettings& settings);

  void start() { step(); }

  void added(const ImageName& name, uint64_t size);
  /// All images that are known of.
  uint64_t bytes() const { return bytes_; }

 private:
  struct Held {
    uint64_t files = 0;
    uint64_t bytes = 0;
  };

  void step();
  void swept(int bucket, const ImageStore::Swept& result);
  void change(int bucket, const Held& held);

  EventLoop& loop_;
  Executor& disk_;
  const ImageStore& store_;
  const ImageSettings& settings_;
  std::array<Held, ImageName::kBuckets> buckets_;
  uint64_t files_ = 0;
  uint64_t bytes_ = 0;
  int next_bucket_ = 0;
  bool all_counted_ = false;
  Timer timer_;
  Gauge files_gauge_;
  Gauge bytes_gauge_;
  Counter expired_;
};

}  // namespace talkbeat::login
