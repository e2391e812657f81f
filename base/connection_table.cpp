#include "base/connection_table.h"

#include <algorithm>

#include "base/check.h"
#include "base/mutant.h"

namespace talkbeat {

namespace {

// Large enough for any burst of small PDUs in one call, small enough to stay in the cache.
constexpr size_t kReadBuffer = 64 * 1024;
// How often slow readers and lingering connections are looked after, while there are any.
constexpr Tick kOverdueLookMs = 250;

constexpr uint64_t kMaxSlots = uint64_t{1} << kConnSlotBits;

uint32_t slot_of(ConnId id) {
  return static_cast<uint32_t>(static_cast<uint64_t>(id) % kMaxSlots);
}

}  // namespace

ConnectionTable::ConnectionTable(EventLoop& loop, CloseObserver observer)
    : loop_(loop),
      observer_(std::move(observer)),
      overdue_timer_(loop.timers(), [this] { end_overdue(); }),
      read_buffer_(kReadBuffer),
      handshakes_(loop.now()),
      handshake_timer_(loop.timers(), [this] { call_waiting_handshakes(); }) {
  loop_.add_turn_handler(*this);
}

ConnectionTable::~ConnectionTable() = default;

Connection& ConnectionTable::adopt(SocketHandle socket, const Address& peer, Protocol& protocol,
                                   std::unique_ptr<TlsChannel> tls) {
  if (free_slots_.empty()) {
    CHECK(slots_.size() < kMaxSlots);
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  const auto id = ConnId{next_serial_++ << kConnSlotBits | slot};
  slots_[slot] = std::make_unique<Connection>(Connection::Key(), *this, id, socket, peer, protocol, std::move(tls));
  ++size_;
  return *slots_[slot];
}

Connection* ConnectionTable::find(ConnId id) const {
  const uint32_t slot = slot_of(id);
  if (slot >= slots_.size()) return nullptr;
  Connection* connection = slots_[slot].get();
  const bool same = connection != nullptr && (connection->id() == id || kMutant == Mutant::kIdReuse);
  return same && !connection->closing() ? connection : nullptr;
}

void ConnectionTable::close_all(CloseReason reason) {
  for_each([reason](Connection& connection) { connection.close(reason); });
}

void ConnectionTable::for_each(const std::function<void(Connection&)>& visit) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i] != nullptr && !slots_[i]->closing()) visit(*slots_[i]);
  }
}

void ConnectionTable::watch_liveness(Liveness& liveness) {
  const size_t index = watched_.size();
  watched_.push_back({.liveness = &liveness, .timer = nullptr});
  watched_[index].timer = std::make_unique<Timer>(loop_.timers(), [this, index] { check_liveness(watched_[index]); });
}

void ConnectionTable::check_liveness(Watched& watched) {
  watched.liveness->check(loop_.now(), *this);
  arm(watched);
}

// The rules' timeouts differ: one that has just joined can be due before all the others. A timer that rings too early
// (bytes came meanwhile, a stall moved the deadlines) costs one empty check; so it is never moved back.
void ConnectionTable::arm(Watched& watched) {
  const Tick due = watched.liveness->next_due();
  if (due == TimerList::kNever || (watched.timer->armed() && watched.armed_for <= due)) return;
  watched.armed_for = due;
  watched.timer->start_once(due - loop_.now());
}

void ConnectionTable::on_stall(Tick stalled) {
  for (Watched& watched : watched_) watched.liveness->stalled(stalled, loop_.now());
  over_soft_.for_each([stalled](Connection::Trouble& trouble) { trouble.over_soft_since += stalled; });
}

void ConnectionTable::send_heartbeat(LivenessNode& node) {
  Connection& connection = of(node);
  connection.protocol().on_heartbeat_due(connection);
}

void ConnectionTable::close_dead(LivenessNode& node, CloseReason reason) {
  Connection& connection = of(node);
  const bool for_silence = reason == CloseReason::kSilent || reason == CloseReason::kProbeUnanswered;
  const Tick silence = connection.silent_for();
  if (for_silence && connection.proves_alive()) {
    if (!connection.closing()) connection.liveness()->spared(connection, loop_.now(), silence);
    return;
  }
  connection.close(reason);
}

void ConnectionTable::tell_to_leave(LivenessNode& node, CloseReason reason) {
  Connection& connection = of(node);
  connection.liveness()->told_to_leave(node, loop_.now(), connection.liveness()->policy().age_grace_ms);
  connection.protocol().on_time_to_leave(connection, reason);
}

// Lists are in the order of time only where the limits are alike, which they nearly are: all entries are looked at, and
// there are few.
void ConnectionTable::end_overdue() {
  const Tick now = loop_.now();
  IntrusiveList<Connection::Trouble, SoftLimitTag> slow;
  slow.splice_back(over_soft_);
  while (!slow.empty()) {
    Connection::Trouble& trouble = slow.front();
    Connection& connection = trouble.connection;
    over_soft_.push_back(trouble);
    if (now - trouble.over_soft_since < connection.limits_.soft_ms) continue;
    static_cast<ListNode<SoftLimitTag>&>(trouble).unlink();
    connection.out_.clear(out_pool_);
    connection.close(CloseReason::kSlowConsumer);
  }
  while (!lingering_.empty() && lingering_.front().linger_until <= now) {
    lingering_.pop_front().connection.release();
  }
  if (!over_soft_.empty() || !lingering_.empty()) look_for_overdue();
}

void ConnectionTable::look_for_overdue() {
  if (!overdue_timer_.armed()) overdue_timer_.start_once(kOverdueLookMs);
}

ConnectionTable::TlsBuffers& ConnectionTable::tls_buffers() {
  if (tls_buffers_.record.empty()) {
    tls_buffers_.plain.resize(kReadBuffer + TlsChannel::kMaxRecord);
    tls_buffers_.record.resize(TlsChannel::kMaxPiece);
  }
  return tls_buffers_;
}

void ConnectionTable::call_waiting_handshakes() {
  const auto lives = [this](ConnId id) { return find(id) != nullptr; };
  while (const auto id = handshakes_.next(loop_.now(), lives)) find(*id)->begin_handshake();
}

// Those that wait go on in the next turn, or when the rate allows it; between the two everybody else is served.
void ConnectionTable::look_after_handshakes() {
  handshakes_.new_turn();
  if (handshakes_.waiting() > 0 && !handshake_timer_.armed()) handshake_timer_.start_once(handshakes_.wait_ms());
}

void ConnectionTable::on_turn_end() {
  flush_noted();
  free_closed();
  look_after_handshakes();
  for (Watched& watched : watched_) arm(watched);
}

// Flushing may close connections, and those that are drained may send more: that notes them again. What is noted
// during the flush is flushed, too, but told of being drained in the next turn: else a peer that reads as fast as its
// protocol sends would keep this turn from ending.
void ConnectionTable::flush_noted() {
  const size_t of_this_turn = to_flush_.size();
  for (size_t i = 0; i < to_flush_.size(); ++i) {
    Connection* connection = slots_[slot_of(to_flush_[i])].get();
    if (connection == nullptr || connection->id() != to_flush_[i]) continue;
    connection->flush_noted_ = false;
    if (connection->state_ == Connection::State::kClosed) continue;
    if (i < of_this_turn) {
      connection->flush_and_tell();
    } else {
      connection->flush_and_tell_later();
    }
  }
  to_flush_.clear();
}

void ConnectionTable::free_closed() {
  for (const ConnId id : to_free_) {
    slots_[slot_of(id)].reset();
    free_slots_.push_back(slot_of(id));
    --size_;
  }
  to_free_.clear();
}

}  // namespace talkbeat
