#include "tools/client/inbox.h"

#include <algorithm>

namespace talkbeat {

void Inbox::add(ReceivedMessage message) {
  State& state = states_[message.conversation];
  if (message.msg_id <= state.known) return;
  const uint32_t msg_id = message.msg_id;
  state.latest = std::max(state.latest, msg_id);
  if (state.early.size() >= kMaxEarly) {
    const auto highest = std::prev(state.early.end());
    if (highest->first <= msg_id) return;
    state.early.erase(highest);  // it is fetched again when its turn comes
  }
  state.early.try_emplace(msg_id, std::move(message));
}

void Inbox::add_own(const ConversationId& id, uint32_t msg_id) {
  State& state = states_[id];
  state.last_own = std::max(state.last_own, msg_id);
  if (msg_id > state.known) state.early[msg_id] = std::nullopt;
}

void Inbox::note_latest(const ConversationId& id, uint32_t msg_id) {
  State& state = states_[id];
  state.latest = std::max(state.latest, msg_id);
}

void Inbox::start_after(const ConversationId& id, uint32_t msg_id) {
  State& state = states_[id];
  if (state.started) return;
  state.started = true;
  state.known = msg_id;
  state.early.erase(state.early.begin(), state.early.upper_bound(msg_id));
}

bool Inbox::started(const ConversationId& id) const {
  const auto found = states_.find(id);
  return found != states_.end() && found->second.started;
}

uint32_t Inbox::first_waiting(const ConversationId& id) const {
  const auto found = states_.find(id);
  if (found == states_.end() || found->second.started || found->second.early.empty()) return 0;
  return found->second.early.begin()->first;
}

void Inbox::skip(const ConversationId& id, const Gap& gap) {
  State& state = states_[id];
  // What came by itself while the gap was asked for is known already.
  for (uint32_t msg_id = std::max(gap.first, state.known + 1); msg_id <= gap.last; ++msg_id) {
    state.early.try_emplace(msg_id, std::nullopt);
  }
}

std::vector<ReceivedMessage> Inbox::take_ready(const ConversationId& id, bool own_unsettled) {
  std::vector<ReceivedMessage> ready;
  const auto found = states_.find(id);
  if (found == states_.end() || !found->second.started) return ready;
  State& state = found->second;
  for (auto next = state.early.begin(); next != state.early.end(); next = state.early.erase(next)) {
    if (next->first != state.known + 1) break;
    std::optional<ReceivedMessage>& message = next->second;
    if (message && message->mine && own_unsettled && next->first > state.last_own) break;
    if (message) ready.push_back(std::move(*message));
    state.known = next->first;
  }
  return ready;
}

std::optional<Inbox::Gap> Inbox::gap(const ConversationId& id) const {
  const auto found = states_.find(id);
  if (found == states_.end() || !found->second.started) return std::nullopt;
  const State& state = found->second;
  uint32_t first = state.known + 1;
  auto next = state.early.begin();
  for (; next != state.early.end() && next->first == first; ++next) ++first;
  if (next != state.early.end()) return Gap{first, next->first - 1};
  if (state.latest >= first) return Gap{first, state.latest};
  return std::nullopt;
}

uint32_t Inbox::known(const ConversationId& id) const {
  const auto found = states_.find(id);
  return found == states_.end() ? 0 : found->second.known;
}

std::vector<ConversationId> Inbox::conversations() const {
  std::vector<ConversationId> ids;
  for (const auto& [id, state] : states_) ids.push_back(id);
  return ids;
}

}  // namespace talkbeat
