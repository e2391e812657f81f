#include "msg_server/push/push_finder.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "msg_server/push/push_metrics.h"

namespace talkbeat {

bool needs_no_push(const UserDirectory& users, UserId user, const PushSettings& settings) {
  const Presence presence = users.sure_presence(user);
  return presence.mobile || (presence.pc && !settings.when_pc_online);
}

PushFinder::PushFinder(EventLoop& loop, Store& store, const UserDirectory& users, const PushSettings& settings,
                       const QuietHours& quiet, Metrics& metrics, Found found)
    : loop_(loop),
      store_(store),
      users_(users),
      settings_(settings),
      quiet_(quiet),
      found_(std::move(found)),
      overflowed_(pushes_dropped(metrics, "overflow")),
      left_in_peace_(pushes_dropped(metrics, "shield")),
      store_failed_(pushes_dropped(metrics, "store")),
      next_piece_(loop.timers(), [this] { go_on(); }) {}

void PushFinder::message_stored(const NewMessage& message, const Appended& stored) {
  if (stored.duplicate) return;
  const bool single = message.to.kind == ConversationKind::kSingle;
  if (single && needs_no_push(users_, message.to.peer, settings_)) return;
  waiting_.push_back({message.from, message.to, stored.msg_id, message.type, stored.created_at});
  while (waiting_.size() > settings_.max_queued) {
    waiting_.pop_front();
    overflowed_.add();
  }
  if (!busy_) look_up_next();
}

// Messages to single users are looked up together, each group by itself.
std::vector<PushFinder::News> PushFinder::take_news() {
  const auto end = waiting_.begin() + static_cast<ptrdiff_t>(std::min(waiting_.size(), kPiece));
  auto until = std::find_if(waiting_.begin(), end, &PushFinder::is_group);
  if (until == waiting_.begin()) ++until;
  std::vector<News> taken(waiting_.begin(), until);
  waiting_.erase(waiting_.begin(), until);
  return taken;
}

void PushFinder::look_up_next() {
  busy_ = !waiting_.empty();
  if (!busy_) return;
  const std::vector<News> news = take_news();
  store_.read<Work>([news](Database& db) { return look_up(db, news); },
                    [this, asked = static_cast<double>(news.size())](StoreResult<Work> found) {
                      work_ = found.ok() ? std::move(found.value()) : Work{};
                      if (!found.ok()) store_failed_.add(asked);
                      go_on();
                    });
}

StoreResult<std::vector<PushTarget>> PushFinder::targets_of(Database& db, const std::vector<News>& news) {
  if (is_group(news.front())) return db.group_push_targets(news.front().to.peer);
  std::set<UserId> receivers;
  for (const News& each : news) receivers.insert(each.to.peer);
  return db.push_targets(std::vector<UserId>(receivers.begin(), receivers.end()));
}

void PushFinder::add_candidates(Work& work, std::vector<PushTarget> targets) {
  if (is_group(work.news.front())) {
    for (PushTarget& target : targets) work.candidates.push_back({0, std::move(target)});
    return;
  }
  std::map<UserId, PushTarget> by_user;
  for (PushTarget& target : targets) by_user.emplace(target.user, std::move(target));
  for (size_t i = 0; i < work.news.size(); ++i) {
    const auto found = by_user.find(work.news[i].to.peer);
    if (found != by_user.end()) work.candidates.push_back({i, found->second});
  }
}

StoreResult<PushFinder::Work> PushFinder::look_up(Database& db, const std::vector<News>& news) {
  auto targets = targets_of(db, news);
  if (!targets.ok()) return targets.error();
  Work work{.news = news};
  add_candidates(work, std::move(targets.value()));
  std::set<UserId> senders;
  for (const Candidate& candidate : work.candidates) senders.insert(news[candidate.news].from);
  const auto profiles = db.profiles(std::vector<UserId>(senders.begin(), senders.end()));
  if (!profiles.ok()) return profiles.error();
  for (const Profile& profile : profiles.value()) {
    work.names[profile.id] = profile.nick.empty() ? profile.name : profile.nick;
  }
  return work;
}

StoreResult<PushFinder::UnreadOf> PushFinder::count_unread(Database& db, const std::vector<UserId>& users) {
  UnreadOf counts;
  for (const UserId user : users) {
    if (counts.contains(user)) continue;
    const auto total = db.unread_total(user);
    if (!total.ok()) return total.error();
    counts[user] = total.value();
  }
  return counts;
}

bool PushFinder::wanted(const Candidate& candidate) {
  if (candidate.target.user == work_.news[candidate.news].from) return false;
  if (needs_no_push(users_, candidate.target.user, settings_)) return false;
  if (!candidate.target.quiet_at_night || !quiet_.contains(loop_.unix_seconds())) return true;
  left_in_peace_.add();
  return false;
}

PushNotice PushFinder::push_of(Candidate& candidate) const {
  const News& news = work_.news[candidate.news];
  const auto name = work_.names.find(news.from);
  return {.user = candidate.target.user,
          .device = std::move(candidate.target.device),
          .from = news.from,
          .from_name = name == work_.names.end() ? "" : name->second,
          .conversation = is_group(news) ? news.to : ConversationRef{ConversationKind::kSingle, news.from},
          .msg_id = news.msg_id,
          .message_type = news.type,
          .created_at = news.created_at};
}

void PushFinder::go_on() {
  if (work_.next == work_.candidates.size()) return look_up_next();
  const bool group = !work_.news.empty() && is_group(work_.news.front());
  const bool counted = !group || work_.candidates.size() <= settings_.unread_up_to;
  std::vector<PushNotice> pushes;
  for (size_t end = std::min(work_.next + kPiece, work_.candidates.size()); work_.next < end; ++work_.next) {
    if (wanted(work_.candidates[work_.next])) pushes.push_back(push_of(work_.candidates[work_.next]));
  }
  if (pushes.empty() || !counted) return hand_over(std::move(pushes));
  std::vector<UserId> users;
  for (const PushNotice& push : pushes) users.push_back(push.user);
  store_.read<UnreadOf>([users](Database& db) { return count_unread(db, users); },
                        [this, pushes](const StoreResult<UnreadOf>& counts) {
                          std::vector<PushNotice> complete = pushes;
                          for (PushNotice& push : complete) {
                            if (counts.ok()) push.unread = counts.value().at(push.user);
                          }
                          hand_over(std::move(complete));
                        });
}

void PushFinder::hand_over(std::vector<PushNotice> pushes) {
  if (!pushes.empty()) found_(std::move(pushes));
  if (work_.next < work_.candidates.size()) {
    next_piece_.start_once(1);
  } else {
    look_up_next();
  }
}

}  // namespace talkbeat
