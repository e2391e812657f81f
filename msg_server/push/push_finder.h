#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/metrics.h"
#include "msg_server/push/push_queue.h"
#include "msg_server/push/quiet_hours.h"
#include "msg_server/service_settings.h"
#include "msg_server/store/store.h"
#include "msg_server/user_directory.h"

namespace talkbeat {

/// Whether a push would tell the user what a session of his shows anyway. In doubt not: one push too many is better
/// than one too few.
bool needs_no_push(const UserDirectory& users, UserId user, const PushSettings& settings);

/// Finds out who needs a push for a message that has been stored: receivers with a device, who are not online and not
/// left in peace. Messages wait in a bounded queue, and one question at a time goes to the store, for many messages or
/// for one group; a large group is gone through piece by piece, so neither the loop nor the readers stall. The loop's
/// thread only; owned by Push.
///
///   PushFinder finder(loop, store, users, settings, quiet, metrics, [&](std::vector<PushNotice> found) { … });
///   finder.message_stored(message, stored);
class PushFinder {
 public:
  using Found = std::function<void(std::vector<PushNotice> pushes)>;

  /// All of them outlive it; `settings` and `quiet` may change.
  PushFinder(EventLoop& loop, Store& store, const UserDirectory& users, const PushSettings& settings,
             const QuietHours& quiet, Metrics& metrics, Found found);

  void message_stored(const NewMessage& message, const Appended& stored);
  /// Nothing waits for the store or for its turn.
  bool idle() const { return !busy_; }

 private:
  struct News {
    UserId from;
    ConversationRef to;
    uint32_t msg_id;
    uint8_t type;
    int64_t created_at;
  };
  struct Candidate {
    size_t news;
    PushTarget target;
  };
  // One question to the store, and how far its answer has been gone through.
  struct Work {
    std::vector<News> news;
    std::vector<Candidate> candidates{};
    std::map<UserId, std::string> names{};
    size_t next = 0;
  };
  using UnreadOf = std::map<UserId, uint32_t>;

  static bool is_group(const News& news) { return news.to.kind == ConversationKind::kGroup; }
  // In the reader's thread.
  static StoreResult<Work> look_up(Database& db, const std::vector<News>& news);
  static StoreResult<std::vector<PushTarget>> targets_of(Database& db, const std::vector<News>& news);
  static void add_candidates(Work& work, std::vector<PushTarget> targets);
  static StoreResult<UnreadOf> count_unread(Database& db, const std::vector<UserId>& users);

  std::vector<News> take_news();
  void look_up_next();
  void go_on();
  void hand_over(std::vector<PushNotice> pushes);
  bool wanted(const Candidate& candidate);
  PushNotice push_of(Candidate& candidate) const;

  EventLoop& loop_;
  Store& store_;
  const UserDirectory& users_;
  const PushSettings& settings_;
  const QuietHours& quiet_;
  const Found found_;
  Counter overflowed_;
  Counter left_in_peace_;
  Counter store_failed_;
  std::deque<News> waiting_;
  bool busy_ = false;
  Work work_;
  Timer next_piece_;

  // Receivers that are looked at in one turn of the loop, or in one question to the store.
  static constexpr size_t kPiece = 100;
};

}  // namespace talkbeat
