// What a Connection does where TLS lies between it and its socket. What is to be sent waits in the out-buffer as it is,
// and is sealed when the kernel takes it: so PDUs of one turn share a record, and the limits count what they always do.
#include <algorithm>
#include <cstring>

#include "base/connection_table.h"
#include "base/log.h"

namespace talkbeat {

namespace {

// What is sealed at once is one record, part of which may have gone. Beyond it there are OpenSSL's own answers, which
// no limit of a port counts: the words of a handshake are the most, some KiB of certificates.
constexpr size_t kMaxAnswers = 64 << 10;
constexpr size_t kMaxSealed = TlsChannel::kMaxRecord + kMaxAnswers;

}  // namespace

// The peer has finished. Where TLS says goodbye, an end without it may be somebody else's doing.
void Connection::take_end() {
  peer_finished_ = true;
  const bool cut = tls_ != nullptr && tls_->stage() == TlsChannel::Stage::kOpen && !tls_->heard_goodbye();
  close(cut ? CloseReason::kTlsTruncated : CloseReason::kPeerClosed);
}

// Bytes of a record that is not complete prove no life: else a record that drips would keep a connection for ever.
void Connection::take_sealed(std::span<const std::byte> bytes) {
  const bool in_handshake = tls_->stage() != TlsChannel::Stage::kOpen;
  const std::span<const std::byte> plain = tls_->open(bytes, table_.tls_buffers().plain);
  if (tls_->stage() == TlsChannel::Stage::kReady) enter_handshake();
  if (closing()) return;
  if (!plain.empty()) {
    take_bytes(plain);
  } else if (in_handshake && liveness() != nullptr) {
    liveness()->received(*this, now());
  }
  check_tls();
}

// A server's handshake costs much: the gate says when. Until then the connection waits unread, whoever else pauses it.
void Connection::enter_handshake() {
  switch (table_.handshakes_.enter(id_, peer().ip, now())) {
    case HandshakeGate::Entry::kGo:
      tls_->go_on();
      return;
    case HandshakeGate::Entry::kWait:
      paused_in_ = table_.loop_.batch();
      update_interest();
      return;
    case HandshakeGate::Entry::kFull:
      close(CloseReason::kTooManyConnections);
      return;
  }
}

void Connection::begin_handshake() {
  tls_->go_on();
  update_interest();
  check_tls();
}

// Behind whatever the channel has done.
void Connection::check_tls() {
  if (closing()) return;
  if (tls_->stage() == TlsChannel::Stage::kFailed) {
    log_info("tls_failed", {{"conn", id_}, {"peer", peer().to_string()}, {"why", tls_->error()}});
    close(CloseReason::kTlsFailed);
  } else if (tls_->heard_goodbye()) {
    close(CloseReason::kPeerClosed);
  } else if (tls_->sealed().size() > kMaxSealed) {
    flush();  // answers to TLS's own questions, from a peer that may not read them
    if (closing() || tls_->sealed().size() <= kMaxSealed) return;
    drop_output();
    close(CloseReason::kSlowConsumer);
  } else if (!all_written()) {
    note_flush();
  }
}

std::span<const iovec> Connection::next_sealed() {
  if (tls_->sealed().empty()) seal_some();
  const std::span<const std::byte> sealed = tls_->sealed();
  table_.pieces_.clear();
  if (!sealed.empty()) table_.pieces_.push_back({const_cast<std::byte*>(sealed.data()), sealed.size()});
  return table_.pieces_;
}

// The next record, or the last one; nothing while the handshake is under way. Before it there is no more to say than
// that this is the end, and no accident. What the channel does not take now waits for more input (check_tls()), which
// one that is closing will not have.
void Connection::seal_some() {
  if (tls_->stage() != TlsChannel::Stage::kOpen || tls_->said_goodbye()) {
    if (!closing()) return;
    out_.clear(table_.out_pool_);  // it can go no more
    if (tls_->is_before_handshake() && !tls_->said_goodbye()) tls_->seal_goodbye();
    return;
  }
  const std::span<std::byte> record = table_.tls_buffers().record;
  size_t size = 0;
  for (const iovec& piece : out_.gather(table_.pieces_, ConnectionTable::kPiecesPerWrite)) {
    const size_t taken = std::min(piece.iov_len, record.size() - size);
    std::memcpy(record.data() + size, piece.iov_base, taken);
    size += taken;
  }
  if (size == 0) {
    if (closing()) tls_->seal_goodbye();
  } else if (tls_->seal(record.first(size))) {
    out_.consume(table_.out_pool_, size);
  } else {
    if (tls_->stage() == TlsChannel::Stage::kFailed) check_tls();
    if (closing()) out_.clear(table_.out_pool_);
  }
}

}  // namespace talkbeat
