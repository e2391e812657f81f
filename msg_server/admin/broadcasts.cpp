#include "msg_server/admin/broadcasts.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "msg_server/message_sending.h"

namespace talkbeat::admin {

uint64_t message_key(std::string_view purpose, std::string_view id, uint32_t receiver) {
  const std::string text = std::string(purpose) + '\0' + std::to_string(receiver) + '\0' +
                           std::string(id);  // none has a zero before its end
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  ::crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       nullptr, 0);
  uint64_t key = 0;
  std::memcpy(&key, hash.data(), sizeof key);
  return key;
}

Broadcasts::Broadcasts(MsgServerParts& server, Metrics& metrics)
    : server_(server),
      timer_(server.loop.timers(), [this] { read_users(); }),
      messages_(metrics.counter("talkbeat_broadcast_messages_total", "Messages stored for broadcasts.")) {}

const BroadcastProgress* Broadcasts::find(const std::string& id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second.progress;
}

Broadcasts::Start Broadcasts::start(Order order) {
  const auto found = known_.find(order.id);
  if (found != known_.end()) {
    const Broadcast& before = found->second;
    if (before.order.body != order.body) return Start::kOtherText;
    if (before.progress.state != BroadcastProgress::State::kDone) return Start::kRunsAlready;
  }
  if (queue_.size() >= kMaxOpen) return Start::kTooMany;
  Broadcast broadcast{std::move(order), {}, next_number_++};
  broadcast.progress.began_at = server_.loop.unix_seconds();
  log_info("broadcast_begins", {{"id", broadcast.order.id}, {"bytes", broadcast.order.body.size()}});
  queue_.emplace(broadcast.number, broadcast.order.id);
  std::string id = broadcast.order.id;
  known_.insert_or_assign(std::move(id), std::move(broadcast));
  forget_oldest();
  if (queue_.size() == 1) run_next();
  return Start::kBegun;
}

void Broadcasts::forget_oldest() {
  while (known_.size() > kMaxKept) {
    auto oldest = known_.end();
    for (auto it = known_.begin(); it != known_.end(); ++it) {
      const bool done = it->second.progress.state == BroadcastProgress::State::kDone;
      if (done && (oldest == known_.end() || it->second.number < oldest->second.number)) oldest = it;
    }
    if (oldest == known_.end()) return;
    known_.erase(oldest);
  }
}

Broadcasts::Broadcast* Broadcasts::current() {
  return queue_.empty() ? nullptr : &known_.at(queue_.begin()->second);
}

void Broadcasts::run_next() {
  Broadcast* broadcast = current();
  if (broadcast == nullptr) return;
  broadcast->progress.state = BroadcastProgress::State::kRunning;
  wait(1);
}

// Asked for again from where the last complete batch ended: what was stored already is not stored twice.
void Broadcasts::read_users() {
  using Users = std::vector<Profile>;
  // Never so many that nobody else's message would fit into the queue, or a batch not even by itself.
  const Store::Limits& queue = server_.config.store.limits;
  const size_t body = std::max(current()->order.body.size(), size_t{1});
  const size_t room = std::min(queue.max_queued_writes, queue.max_queued_bytes / body) / 2;
  const size_t limit = std::min(server_.config.admin.broadcast_batch, std::max(room, size_t{1}));
  server_.store.read<Users>(
      [after = current()->progress.last_user, limit](Database& db) { return db.users_after(after, limit); },
      [this, limit](const StoreResult<Users>& users) {
        if (!users.ok()) return wait(kRetryMs);
        last_page_ = users.value().size() < limit;
        send_batch(users.value());
      });
}

void Broadcasts::send_batch(const std::vector<Profile>& users) {
  const Broadcast& broadcast = *current();
  failed_ = false;
  waiting_for_ = 1;  // our own, so that the batch does not end before all of it has been sent
  batch_ = {};
  batch_.last_user = users.empty() ? broadcast.progress.last_user : users.back().id;
  for (const Profile& user : users) {
    if (user.disabled || user.id == broadcast.order.from) continue;
    ++waiting_for_;
    NewMessage message{.from = broadcast.order.from,
                       .to = {ConversationKind::kSingle, user.id},
                       .body = broadcast.order.body,
                       .created_at = server_.loop.unix_seconds(),
                       .client_key = message_key("broadcast", broadcast.order.id, user.id)};
    send_message(
        server_, std::move(message), ConnId::kNone, [this](const StoreResult<Appended>& stored) { on_stored(stored); },
        Resend::kIgnored);
  }
  if (--waiting_for_ == 0) end_batch();
}

void Broadcasts::on_stored(const StoreResult<Appended>& stored) {
  if (stored.ok()) {
    ++(stored.value().duplicate ? batch_.already : batch_.sent);
    if (!stored.value().duplicate) messages_.add();
  } else if (stored.error() == StoreError::kUnknownUser) {
    ++batch_.skipped;
  } else {
    failed_ = true;
  }
  if (--waiting_for_ == 0) end_batch();
}

// A batch that has failed in part is done again as a whole; those who were sent it count once.
void Broadcasts::end_batch() {
  BroadcastProgress& progress = current()->progress;
  progress.sent += batch_.sent;
  if (failed_) {
    repeated_ += batch_.sent;
    return wait(kRetryMs);
  }
  progress.already += batch_.already - std::min(batch_.already, std::exchange(repeated_, uint64_t{0}));
  progress.skipped += batch_.skipped;
  progress.last_user = batch_.last_user;
  if (last_page_) return end_broadcast();
  wait(server_.config.admin.broadcast_pause_ms);
}

void Broadcasts::end_broadcast() {
  Broadcast& broadcast = *current();
  BroadcastProgress& progress = broadcast.progress;
  progress.state = BroadcastProgress::State::kDone;
  progress.ended_at = server_.loop.unix_seconds();
  log_info("broadcast_ends", {{"id", broadcast.order.id},
                              {"sent", progress.sent},
                              {"already", progress.already},
                              {"skipped", progress.skipped}});
  queue_.erase(queue_.begin());
  run_next();
}

}  // namespace talkbeat::admin
