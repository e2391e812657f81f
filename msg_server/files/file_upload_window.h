#pragma once

#include <deque>

#include "msg_server/files/file_pulls.h"

namespace talkbeat {

/// How far an upload is: what the server has asked the client for, got, and written. It asks ahead, but never for more
/// than it may hold until it is written. A pure core.
///
///   UploadWindow window(file.size, bytes_on_disk, limits);
///   while (auto pull = window.next_pull()) ask_client(*pull);
///   if (!window.take(offset, data.size())) close_connection();  // nobody asked for that
///   window.wrote(data.size());                                  // and pull again
class UploadWindow {
 public:
  UploadWindow(uint32_t file_size, uint32_t on_disk, const PullLimits& limits)
      : file_size_(file_size), limits_(limits), asked_(on_disk), got_(on_disk), written_(on_disk) {}

  /// What to ask for now; nothing where all has been asked for, or too much is under way.
  std::optional<Pull> next_pull() {
    const uint32_t size = std::min(limits_.chunk, file_size_ - asked_);
    if (size == 0 || asked_ - written_ + size_t{size} > limits_.bytes()) return std::nullopt;
    open_.push_back({asked_, size});
    asked_ += size;
    return open_.back();
  }
  /// The client's answer. False: it is none to the oldest open pull.
  bool take(uint32_t offset, size_t bytes) {
    if (open_.empty() || open_.front().offset != offset || open_.front().size != bytes) return false;
    open_.pop_front();
    got_ = offset + static_cast<uint32_t>(bytes);
    return true;
  }
  void wrote(size_t bytes) { written_ += static_cast<uint32_t>(bytes); }
  /// The client's connection is a new one: what was not answered is to be asked for again.
  void ask_again() {
    open_.clear();
    asked_ = got_;
  }

  uint32_t written() const { return written_; }
  bool complete() const { return written_ == file_size_; }

 private:
  uint32_t file_size_;
  PullLimits limits_;
  uint32_t asked_;
  uint32_t got_;
  uint32_t written_;
  std::deque<Pull> open_;
};

}  // namespace talkbeat
