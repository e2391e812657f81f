#include "tools/client/catch_up.h"

#include <algorithm>

namespace talkbeat {

using namespace IM::Message;
using IM::Buddy::IMRecentContactSessionReq;
using IM::Buddy::IMRecentContactSessionRsp;

namespace {

// Not to fetch one message at a time while counting backwards over one's own.
constexpr uint32_t kLeastHistory = 20;

}  // namespace

CatchUp::CatchUp(EventLoop& loop, ServerLink& link, Inbox& inbox, Owner& owner)
    : link_(link), inbox_(inbox), owner_(owner), retry_timer_(loop.timers(), [this] { retry(); }) {}

void CatchUp::start(uint32_t user_id) {
  stop();
  user_id_ = user_id;
  phase_ = Phase::kLists;
  synced_ = have_unread_ = have_recent_ = false;
  unread_.clear();
  latest_.clear();
  ask_recent();
  ask_unread();
}

void CatchUp::stop() {
  phase_ = Phase::kStopped;
  ++round_;
  retry_timer_.cancel();
  searches_.clear();
  locating_.clear();
  filling_.clear();
  sparse_.clear();
  waiting_.clear();
  asked_for_ = 0;
}

void CatchUp::ask_when_free(uint32_t messages, std::function<void()> ask) {
  waiting_.push_back({messages, std::move(ask)});
  answered(0);
}

void CatchUp::answered(uint32_t messages) {
  asked_for_ -= messages;
  while (!waiting_.empty() && (asked_for_ == 0 || asked_for_ + waiting_.front().messages <= kPage)) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    asked_for_ += next.messages;
    next.ask();
  }
}

// What another session of this user has sent or read meanwhile is in no unread count.
void CatchUp::ask_recent() {
  IMRecentContactSessionReq req;
  req.set_user_id(user_id_);
  req.set_latest_update_time(0);
  link_.request<IMRecentContactSessionReq, IMRecentContactSessionRsp>(
      req, [this, round = round_](Result<IMRecentContactSessionRsp> answer) {
        if (round != round_) return;
        if (!answer.ok()) {
          retry_later();
          return;
        }
        for (const auto& info : answer.value().contact_session_list()) {
          const ConversationId id{info.session_type(), info.session_id()};
          latest_[id] = std::max(latest_[id], info.latest_msg_id());
        }
        have_recent_ = true;
        take_lists();
      });
}

// The server reads the two lists in this order: what came in between is among the unread ones. The other way round, a
// conversation that began in between would seem to have been read already.
void CatchUp::ask_unread() {
  IMUnreadMsgCntReq req;
  req.set_user_id(user_id_);
  link_.request<IMUnreadMsgCntReq, IMUnreadMsgCntRsp>(req, [this, round = round_](Answer<IMUnreadMsgCntRsp> answer) {
    if (round != round_) return;
    if (!answer.ok()) {
      retry_later();
      return;
    }
    for (const auto& info : answer.value().unreadinfo_list()) {
      const ConversationId id{info.session_type(), info.session_id()};
      unread_.push_back({id, info.unread_cnt(), info.latest_msg_id()});
      latest_[id] = std::max(latest_[id], info.latest_msg_id());
    }
    have_unread_ = true;
    take_lists();
  });
}

void CatchUp::take_lists() {
  if (!have_unread_ || !have_recent_) return;
  owner_.on_unread(unread_);
  if (phase_ != Phase::kLists) return;
  phase_ = Phase::kStarts;
  for (const UnreadCount& unread : unread_) {
    if (!inbox_.started(unread.conversation)) searches_[unread.conversation] = {unread.count, unread.latest_msg_id};
  }
  for (const auto& [id, msg_id] : latest_) {
    inbox_.note_latest(id, msg_id);
    if (searches_.contains(id)) continue;
    // What has come already, an ack of what we sent before we were away, too, tells where the new part begins.
    const uint32_t first = inbox_.first_waiting(id);
    inbox_.start_after(id, first > 0 ? std::min(msg_id, first - 1) : msg_id);
  }
  std::vector<ConversationId> to_search;
  for (const auto& [id, search] : searches_) to_search.push_back(id);
  for (const ConversationId& id : to_search) find_start(id);
  if (searches_.empty()) begin_filling();
}

void CatchUp::find_start(const ConversationId& id) {
  const uint32_t count = std::clamp(searches_[id].count, kLeastHistory, kPage);
  ask_when_free(count, [this, id, count] { ask_history(id, count); });
}

void CatchUp::ask_history(const ConversationId& id, uint32_t count) {
  const auto search = searches_.find(id);
  if (search == searches_.end()) return answered(count);
  IMGetMsgListReq req;
  req.set_user_id(user_id_);
  req.set_session_type(id.type);
  req.set_session_id(id.id);
  req.set_msg_id_begin(search->second.begin);
  req.set_msg_cnt(count);
  link_.request<IMGetMsgListReq, IMGetMsgListRsp>(req,
                                                  [this, id, count, round = round_](Answer<IMGetMsgListRsp> answer) {
                                                    if (round != round_) return;
                                                    answered(count);
                                                    if (!searches_.contains(id)) return;
                                                    if (answer.ok()) {
                                                      take_history(id, answer.value());
                                                    } else {
                                                      search_failed(id, answer.code);
                                                    }
                                                  });
}

void CatchUp::take_history(const ConversationId& id, const IMGetMsgListRsp& answer) {
  StartSearch& search = searches_[id];
  uint32_t lowest = search.begin + 1;
  for (const auto& info : answer.msg_list()) {
    if (search.count == 0) break;
    add(id, info);
    lowest = info.msg_id();
    if (info.from_session_id() != user_id_) --search.count;
  }
  if (search.count > 0 && answer.msg_list_size() > 0 && lowest > 1) {
    search.begin = lowest - 1;
    find_start(id);
    return;
  }
  inbox_.start_after(id, lowest - 1);
  search_ended(id);
}

void CatchUp::search_ended(const ConversationId& id) {
  searches_.erase(id);
  locating_.erase(id);
  if (searches_.empty() && phase_ != Phase::kStopped) begin_filling();
}

void CatchUp::search_failed(const ConversationId& id, std::optional<ErrorCode> code) {
  if (code == ERROR_NOT_MEMBER) {
    give_up(id);
    return;
  }
  searches_.erase(id);
  locating_.erase(id);
  retry_later();
}

// A conversation that no list has told of has begun since they were made, or was taken out of them. What its peer has
// sent and the person has not read is new, although the ack of our own message, or a later one, was here first; what
// lies before is history.
void CatchUp::locate(const ConversationId& id) {
  const uint32_t first = inbox_.first_waiting(id);
  if (phase_ != Phase::kReady || first == 0) return;
  if (first == 1) {
    inbox_.start_after(id, 0);
    return;
  }
  if (!locating_.insert(id).second) return;
  IMUnreadMsgCntReq req;
  req.set_user_id(user_id_);
  link_.request<IMUnreadMsgCntReq, IMUnreadMsgCntRsp>(req,
                                                      [this, id, round = round_](Answer<IMUnreadMsgCntRsp> answer) {
                                                        if (round != round_ || !locating_.contains(id)) return;
                                                        if (answer.ok()) {
                                                          take_unread_of(id, answer.value());
                                                        } else {
                                                          search_failed(id, answer.code);
                                                        }
                                                      });
}

void CatchUp::take_unread_of(const ConversationId& id, const IMUnreadMsgCntRsp& answer) {
  for (const auto& info : answer.unreadinfo_list()) {
    if (ConversationId{info.session_type(), info.session_id()} != id) continue;
    searches_[id] = {info.unread_cnt(), info.latest_msg_id()};
    find_start(id);
    return;
  }
  locating_.erase(id);
  inbox_.start_after(id, std::max(1u, inbox_.first_waiting(id)) - 1);
  owner_.deliver(id);
  fill(id);
  check_synced();
}

void CatchUp::begin_filling() {
  phase_ = Phase::kReady;
  for (const ConversationId& id : inbox_.conversations()) {
    locate(id);
    owner_.deliver(id);
    if (phase_ != Phase::kReady) return;
    fill(id);
  }
  check_synced();
}

void CatchUp::fill(const ConversationId& id) {
  const auto gap = inbox_.gap(id);
  if (phase_ == Phase::kStopped || !gap || !filling_.insert(id).second) return;
  const Page page = next_page(id, *gap);
  ask_when_free(page.size(), [this, id, page] { ask_page(id, page); });
}

void CatchUp::ask_page(const ConversationId& id, const Page& page) {
  if (!filling_.contains(id)) return answered(page.size());
  IMGetMsgByIdReq req;
  req.set_user_id(user_id_);
  req.set_session_type(id.type);
  req.set_session_id(id.id);
  for (uint64_t msg_id = page.first; msg_id < page.last; msg_id += page.stride) {
    req.add_msg_id_list(static_cast<uint32_t>(msg_id));
  }
  req.add_msg_id_list(page.last);
  link_.request<IMGetMsgByIdReq, IMGetMsgByIdRsp>(req,
                                                  [this, id, page, round = round_](Answer<IMGetMsgByIdRsp> answer) {
                                                    if (round != round_) return;
                                                    answered(page.size());
                                                    if (filling_.erase(id) == 0) return;
                                                    if (answer.ok()) {
                                                      take_page(id, page, answer.value());
                                                    } else if (answer.code == ERROR_NOT_MEMBER) {
                                                      give_up(id);
                                                    } else {
                                                      retry_later();
                                                    }
                                                  });
}

// A group's history begins at the joining: of a long gap before it the server has nothing. After an empty page, the
// next one looks at ids far apart: where one of them is there, all behind it are.
CatchUp::Page CatchUp::next_page(const ConversationId& id, const Inbox::Gap& gap) const {
  const uint32_t length = gap.last - gap.first + 1;
  if (length > kPage && sparse_.contains(id)) return {gap.first, gap.last, (length + kPage - 1) / kPage};
  return {gap.first, std::min(gap.last, gap.first + kPage - 1), 1};
}

// Ids below the highest that came do not exist; those above may just not have fitted into the answer. Where nothing
// came at all, none of them exists. Of ids that are far apart, all before the last one that is missing are gone.
void CatchUp::take_page(const ConversationId& id, const Page& page, const IMGetMsgByIdRsp& answer) {
  uint32_t lowest = 0;
  uint32_t highest = 0;
  bool room = true;
  for (const auto& info : answer.msg_list()) {
    if (info.msg_id() < page.first || info.msg_id() > page.last) continue;
    room = room && add(id, info);
    if (!room) break;
    if (lowest == 0) lowest = info.msg_id();
    highest = std::max(highest, info.msg_id());
  }
  if (highest == 0 && room) {
    inbox_.skip(id, page.last);
    sparse_.insert(id);
  } else if (page.stride > 1) {
    if (lowest > page.first) inbox_.skip(id, std::max(page.first, lowest - std::min(lowest, page.stride)));
    sparse_.erase(id);
  } else if (highest > 0) {
    inbox_.skip(id, highest);
    sparse_.erase(id);
  }
  owner_.deliver(id);
  fill(id);
  check_synced();
}

void CatchUp::give_up(const ConversationId& id) {
  if (phase_ == Phase::kStopped) return;
  const bool searched = searches_.erase(id) + locating_.erase(id) > 0;
  filling_.erase(id);
  inbox_.give_up(id);
  owner_.deliver(id);
  if (searched && searches_.empty()) {
    begin_filling();
  } else {
    check_synced();
  }
}

bool CatchUp::add(const ConversationId& id, const IM::BaseDefine::MsgInfo& info) {
  return inbox_.add({.conversation = id,
                     .msg_id = info.msg_id(),
                     .from = info.from_session_id(),
                     .created_at = info.create_time(),
                     .type = info.msg_type(),
                     .body = info.msg_data(),
                     .mine = info.from_session_id() == user_id_});
}

void CatchUp::check_synced() {
  if (synced_ || phase_ != Phase::kReady || !filling_.empty() || !locating_.empty() || retry_timer_.armed()) return;
  synced_ = true;
  owner_.on_synced();
}

void CatchUp::retry_later() {
  if (!retry_timer_.armed()) retry_timer_.start_once(kRetryMs);
}

void CatchUp::retry() {
  if (phase_ != Phase::kReady) {
    start(user_id_);
    return;
  }
  for (const ConversationId& id : inbox_.conversations()) {
    locate(id);
    fill(id);
  }
  check_synced();
}

}  // namespace talkbeat
