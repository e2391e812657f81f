#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/timer_list.h"
#include "msg_server/store/records.h"

namespace talkbeat {

/// What one device is to be told: that there is a message, never what it says.
struct PushNotice {
  UserId user = 0;
  Device device;
  UserId from = 0;
  std::string from_name;
  ConversationRef conversation;  ///< as the receiver names it
  uint32_t msg_id = 0;
  uint8_t message_type = 1;
  int64_t created_at = 0;            ///< Unix seconds
  std::optional<uint32_t> unread{};  ///< of the receiver, over all conversations; nothing: too costly to count
};

/// Gathers pushes for one request. Bounded: past it the oldest go. A pure core.
///
///   dropped += queue.add(std::move(push), now);
///   if (queue.due() <= now) send(queue.take_batch());
class PushQueue {
 public:
  struct Limits {
    size_t max_queued = 10'000;
    size_t max_batch = 100;
    Tick gather_ms = 200;
  };

  explicit PushQueue(const Limits& limits) : limits_(limits) {}

  /// Returns how many old ones had to make room.
  size_t add(PushNotice push, Tick now);
  /// When the next batch is complete: gathered for long enough, or full. kNever: there is nothing to send.
  Tick due() const;
  /// The oldest ones, at most a batch.
  std::vector<PushNotice> take_batch();

  size_t size() const { return waiting_.size(); }
  /// What has become too much goes with the next add().
  void set_limits(const Limits& limits) { limits_ = limits; }

 private:
  struct Entry {
    PushNotice push;
    Tick added;
  };

  Limits limits_;
  std::deque<Entry> waiting_;
};

}  // namespace talkbeat
