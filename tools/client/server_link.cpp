#include "tools/client/server_link.h"

#include <algorithm>
#include <utility>

namespace talkbeat {

ServerLink::ServerLink(ClientNetwork& network, Tick response_timeout_ms)
    : network_(network),
      response_timeout_ms_(response_timeout_ms),
      expiry_timer_(network.loop().timers(), [this] { expire_requests(); }),
      silence_timer_(network.loop().timers(), [this] { check_silence(); }) {}

void ServerLink::open(const Connection& connection) {
  connection_ = connection.id();
}

void ServerLink::close(const std::string& why) {
  connection_ = ConnId::kNone;
  silence_timer_.cancel();
  expiry_timer_.cancel();
  for (const auto& [seq_num, pending] : std::exchange(pending_, {})) pending.finish(&why, {});
}

uint16_t ServerLink::next_seq() {
  do {
    last_seq_ = last_seq_ == UINT16_MAX ? 1 : static_cast<uint16_t>(last_seq_ + 1);
  } while (pending_.contains(last_seq_) && pending_.size() < UINT16_MAX);
  return last_seq_;
}

void ServerLink::add_pending(uint16_t seq_num, uint16_t answer_command, Finish finish) {
  pending_[seq_num] = {answer_command, network_.loop().now(), std::move(finish)};
  if (!expiry_timer_.armed()) expiry_timer_.start_once(response_timeout_ms_);
}

// The server lives, but has no answer to this one.
void ServerLink::expire_requests() {
  const Tick now = network_.loop().now();
  const std::string why = "no answer";
  std::map<uint16_t, Pending> expired;
  Tick oldest = now;
  for (auto next = pending_.begin(); next != pending_.end();) {
    const auto pending = next++;
    if (pending->second.asked_at + response_timeout_ms_ <= now) {
      expired.insert(pending_.extract(pending));
    } else {
      oldest = std::min(oldest, pending->second.asked_at);
    }
  }
  if (!pending_.empty()) expiry_timer_.start_once(oldest + response_timeout_ms_ - now);
  for (const auto& [seq_num, pending] : expired) pending.finish(&why, {});
}

// It stays out of the table while its callback runs, which may close the link.
bool ServerLink::take(const PduHeader& header, std::span<const std::byte> body) {
  const auto found = pending_.find(header.seq_num);
  if (found == pending_.end() || found->second.answer_command != header.command_id) return false;
  Pending pending = std::move(found->second);
  pending_.erase(found);
  const Outcome outcome = pending.finish(nullptr, body);
  Connection* from = connection();
  if (from == nullptr) return true;
  if (outcome == Outcome::kMalformed) from->close(CloseReason::kProtocolError);
  if (outcome == Outcome::kMore) pending_[header.seq_num] = std::move(pending);
  return true;
}

bool ServerLink::take_refusal(const TbError& error) {
  const auto found = pending_.find(static_cast<uint16_t>(error.seq_num()));
  // An answer's command is its request's plus one, in all of the protocol.
  if (found == pending_.end() || found->second.answer_command != error.command_id() + 1) return false;
  const Finish finish = std::move(found->second.finish);
  pending_.erase(found);
  const std::string text = error.text();
  finish(&text, {});
  return true;
}

void ServerLink::expect_answer() {
  if (silence_timer_.armed()) return;
  silence_when_asked_ = connection()->silent_for();
  silence_timer_.start_once(response_timeout_ms_);
}

void ServerLink::heard(bool still_waiting) {
  silence_timer_.cancel();
  if (is_open() && connection() != nullptr && (still_waiting || !pending_.empty())) expect_answer();
}

// Silence leaves our own stalls out (KEEPALIVE.md rule 5), so the timer may have come too early.
void ServerLink::check_silence() {
  Connection* from = connection();
  if (from == nullptr) return;
  const Tick waited = from->silent_for() - silence_when_asked_;
  if (waited < response_timeout_ms_) {
    silence_timer_.start_once(std::max<Tick>(1, response_timeout_ms_ - waited));
  } else {
    from->close(CloseReason::kSilent);
  }
}

}  // namespace talkbeat
