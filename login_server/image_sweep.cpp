#include "login_server/image_sweep.h"

#include <algorithm>

#include "base/log.h"

namespace talkbeat::login {

ImageSweep::ImageSweep(EventLoop& loop, Executor& disk, const ImageStore& store, Metrics& metrics,
                       const ImageSettings& settings)
    : loop_(loop),
      disk_(disk),
      store_(store),
      settings_(settings),
      timer_(loop.timers(), [this] { step(); }),
      files_gauge_(metrics.gauge("talkbeat_images_stored", "Images in the directory, as of the last sweep.")),
      bytes_gauge_(metrics.gauge("talkbeat_images_stored_bytes", "What they take, to compare with images.max_total.")),
      expired_(metrics.counter("talkbeat_images_expired_total", "Images removed for images.expiry.")) {}

void ImageSweep::step() {
  const int bucket = next_bucket_;
  const int64_t now = loop_.unix_seconds();
  const int64_t expire_before = settings_.expiry_ms > 0 ? now - settings_.expiry_ms / 1'000 : 0;
  const bool submitted = disk_.try_submit([this, store = store_, bucket, now, expire_before]() -> Task {
    if (bucket == 0) store.sweep_leftovers(now);
    const ImageStore::Swept result = store.sweep(bucket, expire_before);
    return [this, bucket, result] { swept(bucket, result); };
  });
  if (!submitted) timer_.start_once(std::max<Tick>(settings_.sweep_interval_ms / ImageName::kBuckets, 1));
}

void ImageSweep::swept(int bucket, const ImageStore::Swept& result) {
  change(bucket, {result.files, result.bytes});
  if (result.expired > 0) {
    expired_.add(static_cast<double>(result.expired));
    log_info("images_expired", {{"bucket", bucket_path(bucket)}, {"images", result.expired}});
  }
  next_bucket_ = (bucket + 1) % ImageName::kBuckets;
  if (next_bucket_ == 0 && !all_counted_) {
    all_counted_ = true;
    log_info("images_counted", {{"images", files_}, {"bytes", bytes_}});
  }
  if (all_counted_) {
    timer_.start_once(std::max<Tick>(settings_.sweep_interval_ms / ImageName::kBuckets, 1));
  } else {
    step();
  }
}

void ImageSweep::added(const ImageName& name, uint64_t size) {
  const Held& held = buckets_[static_cast<size_t>(name.bucket())];
  change(name.bucket(), {held.files + 1, held.bytes + size});
}

void ImageSweep::change(int bucket, const Held& held) {
  Held& place = buckets_[static_cast<size_t>(bucket)];
  files_ += held.files - place.files;
  bytes_ += held.bytes - place.bytes;
  place = held;
  files_gauge_.set(static_cast<double>(files_));
  bytes_gauge_.set(static_cast<double>(bytes_));
}

}  // namespace talkbeat::login
