#include "tools/client/inbox.h"

#include <algorithm>

namespace talkbeat {

bool Inbox::add(ReceivedMessage message) {
  State& state = states_[message.conversation];
  const uint32_t msg_id = message.msg_id;
  if (msg_id <= state.known || state.early.contains(msg_id)) return true;
  state.latest = std::max(state.latest, msg_id);
  if (state.early.size() >= kMaxEarly) {
    const auto highest = std::prev(state.early.end());
    if (highest->first <= msg_id) return false;
    state.early.erase(highest);  // it is fetched again when its turn comes
  }
  state.early.try_emplace(msg_id, std::move(message));
  return true;
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

void Inbox::skip(const ConversationId& id, uint32_t msg_id) {
  State& state = states_[id];
  state.gone_until = std::max(state.gone_until, msg_id);
}

void Inbox::give_up(const ConversationId& id) {
  const uint32_t first = first_waiting(id);
  State& state = states_[id];
  if (!state.started) start_after(id, first == 0 ? state.latest : first - 1);
  state.gone_until = state.latest = state.early.empty() ? state.known : state.early.rbegin()->first;
}

std::vector<ReceivedMessage> Inbox::take_ready(const ConversationId& id, bool own_unsettled) {
  std::vector<ReceivedMessage> ready;
  const auto found = states_.find(id);
  if (found == states_.end() || !found->second.started) return ready;
  State& state = found->second;
  for (auto next = state.early.begin(); next != state.early.end(); next = state.early.erase(next)) {
    if (next->first > std::max(state.known, state.gone_until) + 1) break;
    std::optional<ReceivedMessage>& message = next->second;
    if (message && message->mine && own_unsettled && next->first > state.last_own) break;
    if (message) ready.push_back(std::move(*message));
    state.known = next->first;
  }
  if (state.early.empty()) state.known = std::max(state.known, state.gone_until);
  return ready;
}

std::optional<Inbox::Gap> Inbox::gap(const ConversationId& id) const {
  const auto found = states_.find(id);
  if (found == states_.end() || !found->second.started) return std::nullopt;
  const State& state = found->second;
  uint32_t first = std::max(state.known, state.gone_until) + 1;
  auto next = state.early.lower_bound(first);
  for (; next != state.early.end() && next->first == first; ++next) ++first;
  // A full store has no room for what would be fetched behind it: first its messages have to become ready.
  const bool blocked = next == state.early.end() && state.early.size() >= kMaxEarly;
  if (blocked) return std::nullopt;
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
