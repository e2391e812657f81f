#include "tools/talkload/pair_recovery.h"

#include <algorithm>

#include "base/pdu_protocol.h"

namespace talkbeat::load {

namespace {

constexpr uint32_t kPage = 100;

}  // namespace

void PairRecovery::forget_answered(size_t pair, const Answers& answers) {
  auto& open = pairs_[pair].open;
  while (!open.empty() && (answers.is_acked(open.front().number) || answers.is_refused(open.front().number))) {
    open.pop_front();
  }
}

SharedBytes PairRecovery::latest_id_request(uint32_t user, uint32_t peer) {
  IM::Message::IMGetLatestMsgIdReq request;
  request.set_user_id(user);
  request.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  request.set_session_id(peer);
  return encode_pdu(request);
}

void PairRecovery::begin_behind(size_t pair, uint32_t msg_id) {
  State& state = pairs_[pair];
  if (state.known) return;
  state.known = true;
  state.last_id = state.highest_id = msg_id;
  ++known_;
}

PairRecovery::Place PairRecovery::came(size_t pair, uint32_t msg_id) {
  State& state = pairs_[pair];
  if (msg_id <= state.last_id) return Place::kKnown;
  state.highest_id = std::max(state.highest_id, msg_id);
  if (msg_id == state.last_id + 1) {
    state.last_id = msg_id;
    return Place::kNext;
  }
  return state.fetching ? Place::kBeingFetched : Place::kGap;
}

SharedBytes PairRecovery::page_request(size_t pair, uint32_t user, uint32_t peer) {
  State& state = pairs_[pair];
  state.fetching = true;
  state.highest_when_asked = state.highest_id;
  IM::Message::IMGetMsgByIdReq request;
  request.set_user_id(user);
  request.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  request.set_session_id(peer);
  for (uint32_t i = 1; i <= kPage; ++i) request.add_msg_id_list(state.last_id + i);
  return encode_pdu(request);
}

PairRecovery::After PairRecovery::page_came(size_t pair, const IM::Message::IMGetMsgByIdRsp& page, const Take& take) {
  State& state = pairs_[pair];
  if (!state.fetching) return After::kDone;  // of the connection before
  state.fetching = false;
  std::vector<const IM::BaseDefine::MsgInfo*> messages;
  for (const auto& message : page.msg_list()) messages.push_back(&message);
  std::sort(messages.begin(), messages.end(),
            [](const auto* left, const auto* right) { return left->msg_id() < right->msg_id(); });
  bool advanced = false;
  for (const auto* message : messages) {
    if (message->msg_id() != state.last_id + 1) continue;
    ++state.last_id;
    advanced = true;
    take(*message);
  }
  state.highest_id = std::max(state.highest_id, state.last_id);
  // What was delivered while the page was on its way is in the next one.
  const bool behind = state.last_id < state.highest_id;
  if (!behind && messages.size() < kPage) return After::kDone;
  if (advanced || (behind && state.last_id >= state.highest_when_asked)) return After::kAskOn;
  state.last_id = state.highest_id;  // a page that leads nowhere is not asked for again
  return After::kHole;
}

}  // namespace talkbeat::load
