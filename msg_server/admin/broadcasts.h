#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/timer_list.h"
#include "msg_server/parts.h"

namespace talkbeat::admin {

/// How far a broadcast is.
struct BroadcastProgress {
  enum class State : uint8_t { kWaiting, kRunning, kDone };

  State state = State::kWaiting;
  uint64_t sent = 0;     ///< users who have it now, and had not before
  uint64_t already = 0;  ///< had it from an earlier run with the same id
  uint64_t skipped = 0;  ///< were disabled meanwhile
  UserId last_user = 0;
  int64_t began_at = 0;  ///< Unix seconds
  int64_t ended_at = 0;  ///< 0: it has not
};

/// Messages of the system user to every enabled user, stored and delivered in the background: in batches, with a pause
/// after each, so that others' messages go in between; one broadcast after the other. Where the store is busy or fails,
/// it waits and goes on. What is known of a broadcast dies with the process; it can be asked for again, with the same
/// id, here or on another server: whoever has it gets it no second time, since the message's key is made of the id and
/// the user. The loop's thread only.
///
///   broadcasts.start({"maintenance-17", "We are back.", system_user});
///   if (const BroadcastProgress* progress = broadcasts.find("maintenance-17")) show(*progress);
class Broadcasts {
 public:
  struct Order {
    std::string id;
    std::string body;  ///< opaque bytes, as for any message
    UserId from = 0;
  };
  enum class Start : uint8_t { kBegun, kRunsAlready, kOtherText, kTooMany };

  Broadcasts(MsgServerParts& server, Metrics& metrics);

  Start start(Order order);
  /// nullptr: not known, or forgotten.
  const BroadcastProgress* find(const std::string& id) const;
  size_t open() const { return queue_.size(); }

  /// Broadcasts that run or wait, and ones that are kept to be asked about.
  static constexpr size_t kMaxOpen = 10;
  static constexpr size_t kMaxKept = 100;
  /// A busy or failing store is asked again after this.
  static constexpr Tick kRetryMs = 1'000;

 private:
  struct Broadcast {
    Order order;
    BroadcastProgress progress;
    uint64_t number = 0;  // in the order of their start
  };

  Broadcast* current();
  void run_next();
  void read_users();
  void send_batch(const std::vector<Profile>& users);
  void on_stored(const StoreResult<Appended>& stored);
  void end_batch();
  void end_broadcast();
  void forget_oldest();
  void wait(Tick ms) { timer_.start_once(ms); }

  MsgServerParts& server_;
  Timer timer_;
  Counter messages_;
  std::map<std::string, Broadcast> known_;
  std::map<uint64_t, std::string> queue_;  // open ones by number; the first one runs
  uint64_t next_number_ = 1;
  // Of the batch under way:
  BroadcastProgress batch_;
  size_t waiting_for_ = 0;
  bool failed_ = false;
  bool last_page_ = false;
  uint64_t repeated_ = 0;  // sent in tries at this batch that failed for others
};

/// The key that makes a message of the same sender, id and receiver the same message.
uint64_t message_key(std::string_view purpose, std::string_view id, uint32_t receiver);

}  // namespace talkbeat::admin
