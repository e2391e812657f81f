#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/timer_list.h"
#include "msg_server/store/records.h"

namespace talkbeat {

/// A batch of pushes as it is sent: the same bytes each time, so that the gateway can tell a repetition.
struct PushDelivery {
  std::string id;
  std::string body{};
  std::vector<std::pair<UserId, std::string>> devices{};  ///< user and token of each push in it
};

/// What came of one try to send it.
struct PushOutcome {
  enum class Kind : uint8_t { kSent, kRefused, kFailed };

  Kind kind = Kind::kFailed;
  std::optional<Tick> wait_ms{};  ///< kFailed: what the gateway asked for
};

/// The deliveries that are open: on their way, or waiting for their next try. Each keeps its place until it has ended,
/// so while the gateway fails, no more than max_open are tried, each at growing distances; what comes meanwhile gathers
/// in the queue. The first success ends the waiting of the others. A pure core.
///
///   deliveries.open({id, body, devices}, now);
///   while (const auto next = deliveries.start_next(now)) send(*next);
///   const auto ended = deliveries.finish(number, outcome, now, rng);
class PushDeliveries {
 public:
  struct Limits {
    size_t max_open = 4;
    size_t max_tries = 8;
    BackoffPolicy backoff;
  };
  struct Started {
    uint64_t number = 0;
    const PushDelivery* delivery = nullptr;  ///< good until finish()
  };
  enum class End : uint8_t { kSent, kRefused, kGaveUp };
  struct Ended {
    End end = End::kSent;
    PushDelivery delivery;
  };

  explicit PushDeliveries(const Limits& limits) : limits_(limits) {}

  bool has_room() const { return open_.size() < limits_.max_open; }
  /// It is due at once.
  void open(PushDelivery delivery, Tick now);
  /// One that is due; it is on its way now.
  std::optional<Started> start_next(Tick now);
  /// Nothing: it waits for its next try.
  std::optional<Ended> finish(uint64_t number, const PushOutcome& outcome, Tick now, Rng& rng);
  /// When start_next() has one; kNever: nothing waits.
  Tick due() const;

  size_t on_the_way() const;
  size_t size() const { return open_.size(); }
  /// Backoff of deliveries that are open already stays as it was.
  void set_limits(const Limits& limits) { limits_ = limits; }

 private:
  struct Entry {
    PushDelivery delivery;
    Backoff backoff;
    Tick due;
    size_t tries = 0;
    bool on_the_way = false;
    bool told_to_wait = false;
  };

  Ended end(uint64_t number, End how);
  void wait_no_more(Tick now);

  Limits limits_;
  uint64_t next_number_ = 1;
  std::map<uint64_t, Entry> open_;
};

}  // namespace talkbeat
