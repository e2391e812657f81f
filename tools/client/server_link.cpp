#include "tools/client/server_link.h"

#include <algorithm>
#include <utility>

namespace talkbeat {

ServerLink::ServerLink(ClientNetwork& network, const ClientOptions& options)
    : network_(network),
      options_(options),
      expiry_timer_(network.loop().timers(), [this] { expire_requests(); }),
      silence_timer_(network.loop().timers(), [this] { check_silence(); }) {}

void ServerLink::open(const Connection& connection, Tick heartbeat_interval_ms) {
  connection_ = connection.id();
  heartbeat_interval_ms_ = heartbeat_interval_ms;
  resume();
}

void ServerLink::close(const std::string& why) {
  lose(why);
  resume();
}

void ServerLink::lose(const std::string& why) {
  connection_ = ConnId::kNone;
  heartbeat_seq_ = 0;
  silence_timer_.cancel();
  expiry_timer_.cancel();
  const Failure lost{why};
  for (const auto& [seq_num, pending] : std::exchange(pending_, {})) pending.finish(&lost, {});
}

void ServerLink::resume() {
  holding_ = false;
  for (const auto& request : std::exchange(held_, {})) request();
}

uint16_t ServerLink::next_seq() {
  do {
    last_seq_ = last_seq_ == UINT16_MAX ? 1 : static_cast<uint16_t>(last_seq_ + 1);
  } while (pending_.contains(last_seq_) && pending_.size() < UINT16_MAX);
  return last_seq_;
}

void ServerLink::add_pending(uint16_t seq_num, uint16_t answer_command, Finish finish) {
  pending_[seq_num] = {answer_command, network_.own_time(), std::move(finish)};
  if (!expiry_timer_.armed()) expiry_timer_.start_once(options_.response_timeout_ms);
}

// The server lives, but has no answer to this one.
void ServerLink::expire_requests() {
  const Tick now = network_.own_time();
  const Failure silence{"no answer"};
  std::map<uint16_t, Pending> expired;
  Tick oldest = now;
  for (auto next = pending_.begin(); next != pending_.end();) {
    const auto pending = next++;
    if (pending->second.asked_at + options_.response_timeout_ms <= now) {
      expired.insert(pending_.extract(pending));
    } else {
      oldest = std::min(oldest, pending->second.asked_at);
    }
  }
  if (!pending_.empty()) expiry_timer_.start_once(oldest + options_.response_timeout_ms - now);
  for (const auto& [seq_num, pending] : expired) pending.finish(&silence, {});
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
  const Failure refused{error.text(), error.code()};
  finish(&refused, {});
  return true;
}

// What was sent may have been too much for the connection.
void ServerLink::expect_answer() {
  const Connection* to = connection();
  if (!options_.check_enabled || to == nullptr || silence_timer_.armed()) return;
  silence_when_asked_ = to->silent_for();
  silence_timer_.start_once(options_.response_timeout_ms);
}

void ServerLink::heard(bool still_waiting) {
  silence_timer_.cancel();
  const bool waiting = still_waiting || heartbeat_seq_ != 0 || !pending_.empty();
  if (connection() != nullptr && waiting) expect_answer();
}

// What has no answer keeps us alive at the server, and heartbeats away, but shows nothing of the server.
void ServerLink::ask_the_silent(const Connection& to) {
  if (!to.closing() && to.silent_for() >= heartbeat_interval_ms_ && heartbeat_seq_ == 0 && !silence_timer_.armed())
    beat();
}

void ServerLink::beat() {
  heartbeat_seq_ = send(IM::Other::IMHeartBeat(), true);
  heartbeat_asked_at_ = network_.own_time();
  heartbeat_sent_at_ = network_.loop().now();
}

void ServerLink::take_heartbeat(uint16_t seq_num) {
  if (heartbeat_seq_ != 0 && seq_num == heartbeat_seq_) {
    heartbeat_seq_ = 0;
    rtt_ms_ = network_.own_time() - heartbeat_asked_at_;
  } else if (heartbeat_seq_ == 0) {
    beat();
  }
}

std::optional<Tick> ServerLink::heartbeat_age_ms() const {
  if (!heartbeat_sent_at_) return std::nullopt;
  return network_.loop().now() - *heartbeat_sent_at_;
}

// The timer knows nothing of our own stalls, so it may have come too early.
void ServerLink::check_silence() {
  Connection* from = connection();
  if (from == nullptr) return;
  const Tick waited = from->silent_for() - silence_when_asked_;
  if (waited < options_.response_timeout_ms) {
    silence_timer_.start_once(std::max<Tick>(1, options_.response_timeout_ms - waited));
  } else {
    from->close(CloseReason::kSilent);
  }
}

}  // namespace talkbeat
