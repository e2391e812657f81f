#include "base/connection.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/connection_table.h"
#include "base/mutant.h"

namespace talkbeat {

namespace {

// With a peer that does not hear or does not read, an ordinary close leaves the kernel with what was sent: it goes on
// sending it for TCP_USER_TIMEOUT, and who returns within that time hears what the next connection brings as well.
bool is_lost(CloseReason reason) {
  return reason == CloseReason::kSilent || reason == CloseReason::kProbeUnanswered ||
         reason == CloseReason::kSlowConsumer;
}

}  // namespace

Connection::Connection(Key, ConnectionTable& table, ConnId id, SocketHandle socket, const Address& peer,
                       Protocol& protocol, std::unique_ptr<TlsChannel> tls)
    : table_(table),
      id_(id),
      protocol_(protocol),
      opened_at_(table.loop_.now()),
      socket_(socket),
      peer_(peer),
      tls_(std::move(tls)) {
  watch_ = table_.loop_.watch(socket_, interest_, *this);
  if (tls_ != nullptr && !tls_->sealed().empty()) note_flush();
}

Connection::~Connection() {
  if (state_ == State::kClosed) return;
  table_.loop_.unwatch(socket_, watch_);
  table_.loop_.transport().close(socket_);
}

Connection::CompactLimits::CompactLimits(const OutLimits& limits)
    : soft(static_cast<uint32_t>(std::min<size_t>(limits.soft, UINT32_MAX))),
      soft_ms(static_cast<uint32_t>(std::clamp<Tick>(limits.soft_ms, 0, UINT32_MAX))),
      hard(static_cast<uint32_t>(std::min<size_t>(limits.hard, UINT32_MAX))) {}

Connection::Trouble& Connection::trouble() {
  if (trouble_ == nullptr) trouble_ = std::make_unique<Trouble>(*this);
  return *trouble_;
}

Address Connection::local_address() const {
  CHECK(!closing());
  return table_.loop_.transport().local_address(socket_);
}

Tick Connection::now() const {
  return table_.loop_.now();
}

Tick Connection::age() const {
  return now() - opened_at_;
}

Tick Connection::since_arrival() const {
  return table_.loop_.transport().since_arrival(socket_);
}

Tick Connection::silent_for() const {
  if (liveness() != nullptr) return liveness()->silence(*this, now());
  return trouble_ != nullptr ? trouble_->silent_at_close : 0;
}

std::vector<LivenessRecord> Connection::history() const {
  return liveness() != nullptr ? liveness()->history(*this, opened_at_) : std::vector<LivenessRecord>();
}

void Connection::send(std::span<const std::byte> bytes, Traffic traffic) {
  if (make_room(bytes.size(), traffic)) out_.append(table_.out_pool_, bytes);
}

void Connection::send(const SharedBytes& bytes) {
  if (make_room(bytes.size(), Traffic::kData)) out_.append(table_.out_pool_, bytes);
}

std::span<std::byte> Connection::send_in_place(size_t count, Traffic traffic) {
  return make_room(count, traffic) ? out_.extend(table_.out_pool_, count) : std::span<std::byte>();
}

// False: the bytes are not wanted, since the connection is closing or would hold more than its hard limit.
bool Connection::make_room(size_t count, Traffic traffic) {
  // A burst within one turn is no sign of a slow reader: what the peer's window takes goes out first.
  if (!closing() && out_.size() > limits_.hard) flush();
  if (closing()) return false;
  if (kMutant != Mutant::kUnboundedBuffer && out_.size() > limits_.hard) {
    out_.clear(table_.out_pool_);
    close(CloseReason::kSlowConsumer);
    return false;
  }
  if (liveness() != nullptr) liveness()->sent(*this, now(), traffic);
  note_flush();
  return count > 0;
}

void Connection::note_flush() {
  if (flush_noted_) return;
  flush_noted_ = true;
  table_.to_flush_.push_back(id_);
}

void Connection::close(CloseReason reason) {
  if (closing()) return;
  if (out_.size() <= limits_.hard) protocol_.tell_why(*this, reason);  // else it does not read what it is told
  state_ = State::kFlushing;
  trouble().silent_at_close = silent_for();
  close_reason_ = reason;
  trouble().linger_until = now() + ConnectionTable::kLingerMs;
  table_.lingering_.push_back(trouble());
  table_.look_for_overdue();
  protocol_.on_close(*this, reason);
  table_.observer_(*this, reason);
  if (liveness() != nullptr) liveness()->leave(*this);
  note_flush();
}

void Connection::pause_reading(bool paused) {
  if (paused && !reading_paused_) paused_in_ = table_.loop_.batch();
  reading_paused_ = paused;
  update_interest();
}

// Its owner has paused it, or the gate has not let its handshake begin.
bool Connection::takes_no_input() const {
  return reading_paused_ || (tls_ != nullptr && tls_->stage() == TlsChannel::Stage::kReady);
}

void Connection::on_ready(bool readable, bool writable) {
  if (writable && wants_writable_) flush_and_tell();
  if (!readable) return;
  // An event that was collected before reading was paused: the bytes wait in the kernel.
  if (state_ == State::kOpen && takes_no_input() && paused_in_ == table_.loop_.batch()) return;
  if (state_ == State::kOpen) read();
  if (state_ == State::kFlushing || state_ == State::kLingering) discard_input();
}

void Connection::read() {
  const IoResult result = table_.loop_.transport().read(socket_, table_.read_buffer_);
  if (result.would_block()) return;
  if (result.error != 0) {
    drop_output();
    peer_finished_ = true;
    close(close_reason_of_errno(result.error));
    return;
  }
  if (result.bytes == 0) return take_end();
  // While reading is paused only a broken connection is reported as readable: its last bytes can have no answer, and
  // the read after them tells what broke it.
  if (takes_no_input()) return;
  const std::span<const std::byte> bytes = std::span(table_.read_buffer_).first(result.bytes);
  if (tls_ == nullptr) {
    take_bytes(bytes);
  } else {
    take_sealed(bytes);
  }
}

void Connection::take_bytes(std::span<const std::byte> bytes) {
  if (liveness() != nullptr) liveness()->received(*this, now());
  protocol_.on_bytes(*this, bytes);
}

// Before it is judged: what waits in its socket is read (OPERATIONS.md, rule 5), and where we ourselves do not read,
// its silence says nothing.
bool Connection::proves_alive() {
  const Tick silent_before = silent_for();
  if (takes_no_input()) {
    liveness()->received(*this, now());
    return true;
  }
  const auto id = id_;
  read();
  return table_.find(id) == nullptr || silent_for() < silent_before;
}

void Connection::discard_input() {
  if (peer_finished_) return;
  const IoResult result = table_.loop_.transport().read(socket_, table_.read_buffer_);
  if (result.would_block() || result.bytes > 0) return;
  peer_finished_ = true;
  if (result.error != 0) drop_output();
  if (all_written()) {
    release();
  } else {
    update_interest();
  }
}

void Connection::flush() {
  for (auto pieces = next_to_write(); !pieces.empty(); pieces = next_to_write()) {
    const IoResult result = table_.loop_.transport().write(socket_, pieces);
    if (result.would_block()) break;
    if (result.error != 0) {
      drop_output();
      peer_finished_ = true;
      close(close_reason_of_errno(result.error));
      break;
    }
    wrote(result.bytes);
  }
  wants_writable_ = tls_ == nullptr ? !out_.empty() : !tls_->sealed().empty();
  if (state_ == State::kOpen) check_out_limits();
  if (state_ == State::kFlushing && all_written()) finish_flushing();
  update_interest();
}

std::span<const iovec> Connection::next_to_write() {
  if (tls_ != nullptr) return next_sealed();
  return out_.gather(table_.pieces_, ConnectionTable::kPiecesPerWrite);
}

void Connection::wrote(size_t count) {
  if (tls_ == nullptr) {
    out_.consume(table_.out_pool_, count);
  } else {
    tls_->sent(count);
  }
}

void Connection::drop_output() {
  out_.clear(table_.out_pool_);
  if (tls_ != nullptr) tls_->sent(tls_->sealed().size());
}

void Connection::flush_and_tell() {
  flush();
  if (state_ == State::kOpen && all_written()) protocol_.on_drained(*this);
}

// An empty out-buffer is writable at once: the next turn's event tells.
void Connection::flush_and_tell_later() {
  flush();
  if (state_ != State::kOpen || !all_written()) return;
  wants_writable_ = true;
  update_interest();
}

void Connection::check_out_limits() {
  const bool was_over = trouble_ != nullptr && static_cast<talkbeat::ListNode<SoftLimitTag>&>(*trouble_).linked();
  const bool is_over = out_.size() > limits_.soft;
  if (is_over == was_over) return;
  if (is_over) {
    trouble().over_soft_since = now();
    table_.over_soft_.push_back(trouble());
    table_.look_for_overdue();
  } else {
    trouble_.reset();  // it is open, and so in no other list
  }
}

void Connection::finish_flushing() {
  if (peer_finished_) {
    release();
    return;
  }
  state_ = State::kLingering;
  table_.loop_.transport().finish_sending(socket_);
}

// Gives the socket back; the object goes at the end of the turn.
void Connection::release() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  table_.loop_.unwatch(socket_, watch_);
  if (!peer_finished_ && is_lost(close_reason_)) {
    table_.loop_.transport().abandon(socket_);
  } else {
    table_.loop_.transport().close(socket_);
  }
  table_.to_free_.push_back(id_);
}

void Connection::update_interest() {
  if (state_ == State::kClosed) return;
  const bool reading = !peer_finished_ && !(takes_no_input() && state_ == State::kOpen);
  const auto wanted = static_cast<Interest>((reading ? static_cast<int>(Interest::kRead) : 0) |
                                            (wants_writable_ ? static_cast<int>(Interest::kWrite) : 0));
  if (wanted == interest_) return;
  interest_ = wanted;
  table_.loop_.change_watch(socket_, watch_, interest_);
}

}  // namespace talkbeat
