#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/check.h"
#include "base/close_reason.h"
#include "base/event_loop.h"
#include "base/keepalive.h"
#include "base/tls_channel.h"

namespace talkbeat {

class Connection;
class ConnectionTable;

/// Names a connection: 64 bits, never reused. Whatever outlives a callback holds the id and looks it up again. It is
/// the connection's serial number, and in the lowest bits its slot in the table.
enum class ConnId : uint64_t { kNone = 0 };
inline constexpr int kConnSlotBits = 24;

/// The id as the log shows it: the process's connections count 1, 2, 3, …
constexpr uint64_t log_number(ConnId id) {
  return static_cast<uint64_t>(id) >> kConnSlotBits;
}

/// What a role keeps with each of its connections; dies with the connection.
class Attachment {
 public:
  virtual ~Attachment() = default;
  /// Who is at the other end, for the log and the record of closed connections: a user's name, a server's. Empty: not
  /// known.
  virtual std::string subject() const { return {}; }
};

/// What the connections of one port do: one object a role, shared by all its connections.
class Protocol {
 public:
  /// For the log and the metrics: "client", "server_link", "http".
  virtual const char* role() const = 0;
  /// All bytes have to be used; what is incomplete is the protocol's to keep. Nothing comes after close().
  virtual void on_bytes(Connection& connection, std::span<const std::byte> bytes) = 0;
  /// The last call for this connection, inside of Connection::close(): take it out of every table.
  virtual void on_close(Connection& connection, CloseReason reason) = 0;
  /// All that was sent has gone to the kernel: the moment to send the next piece of something large. At the end of a
  /// flush of an open connection, never inside of send(); once or twice a turn at most, so that a peer that reads as
  /// fast as we send does not hold up the others.
  virtual void on_drained(Connection& /*connection*/) {}
  /// A heartbeat has to go out: our side has been silent for its policy's interval, or the peer's has for probe_after.
  virtual void on_heartbeat_due(Connection& connection) = 0;
  /// It has become too old: ask the peer to leave. It is closed when the policy's grace is over.
  virtual void on_time_to_leave(Connection& /*connection*/, CloseReason /*reason*/) {}
  /// Inside of Connection::close(), before on_close(): the last words to the peer, where it understands any.
  virtual void tell_why(Connection& /*connection*/, CloseReason /*reason*/) {}

 protected:
  ~Protocol() = default;
};

/// How much may wait to be sent on one connection.
struct OutLimits {
  size_t soft = 1 << 20;  ///< more than this for longer than soft_ms: slow_consumer
  Tick soft_ms = 10'000;
  size_t hard = 4 << 20;  ///< more than this: slow_consumer, at once
};

struct SoftLimitTag;
struct LingerTag;

/// One TCP connection: bytes in, bytes out, one way to close. Owned by its ConnectionTable; the loop's thread only.
///
/// What is sent during a turn is flushed once at the turn's end. After close() nothing more of its input is handled and
/// nothing more is accepted for sending; what waits to be sent still goes out, for at most a moment, and the object is
/// freed at the end of the turn in which that is done.
class Connection final : public LivenessNode, private ReadyHandler {
 public:
  /// Only a ConnectionTable makes connections.
  class Key {
    friend class ConnectionTable;
    Key() = default;
  };
  Connection(Key, ConnectionTable& table, ConnId id, SocketHandle socket, const Address& peer, Protocol& protocol,
             std::unique_ptr<TlsChannel> tls);
  ~Connection();

  ConnId id() const { return id_; }
  Address peer() const { return peer_.address(); }
  /// Our end: the address by which the peer has reached us. Only while it is open.
  Address local_address() const;
  Protocol& protocol() const { return protocol_; }
  bool closing() const { return state_ != State::kOpen; }
  CloseReason close_reason() const { return close_reason_; }
  /// The time of this turn.
  Tick now() const;
  /// How long it has been open, in milliseconds.
  Tick age() const;
  /// For how long what came last has been here, in milliseconds: also before it was read, before this connection was
  /// accepted, and while this process stood still. Only while it is open.
  Tick since_arrival() const;
  /// How long nothing has been received; after close(): how long it was at the close.
  Tick silent_for() const;
  /// Its last liveness events, oldest first. Only while it is open, and inside of the close observer.
  std::vector<LivenessRecord> history() const;
  /// Who is at the other end, as its attachment says.
  std::string subject() const { return attachment_ != nullptr ? attachment_->subject() : std::string(); }

  /// nullptr: what goes over it is not encrypted.
  const TlsChannel* tls() const { return tls_.get(); }

  /// Copies the bytes.
  void send(std::span<const std::byte> bytes, Traffic traffic = Traffic::kData);
  /// Shares them: for what goes to many connections.
  void send(const SharedBytes& bytes);
  /// Room for `count` bytes, which the caller fills before anything else happens.
  std::span<std::byte> send_in_place(size_t count, Traffic traffic = Traffic::kData);
  size_t waiting_to_send() const { return out_.size(); }
  void set_out_limits(const OutLimits& limits) { limits_ = CompactLimits(limits); }

  /// Idempotent: the first reason stands. What waits to be sent is still sent, so an answer or a TbGoAway that explains
  /// the reason arrives.
  void close(CloseReason reason);

  /// Stops, or goes on, taking bytes from the peer: the kernel's buffers and then the peer itself wait.
  void pause_reading(bool paused);

  /// Once, before the first bytes come: what handles the bytes works on it.
  void set_attachment(std::unique_ptr<Attachment> attachment) {
    CHECK(attachment_ == nullptr);
    attachment_ = std::move(attachment);
  }
  /// The role knows what it attached.
  template <class T>
  T& attachment() const {
    return static_cast<T&>(*attachment_);
  }

 private:
  friend class ConnectionTable;
  template <class T, class U>
  friend class IntrusiveList;

  // kOpen -> kFlushing (the rest is being sent) -> kLingering (all is sent; the peer's last bytes are thrown away, so
  // that closing does not reset the connection under its answer) -> kClosed (freed at the end of the turn).
  enum class State : uint8_t { kOpen, kFlushing, kLingering, kClosed };

  /// What only those need that read too slowly, or that are closing.
  struct Trouble : talkbeat::ListNode<SoftLimitTag>, talkbeat::ListNode<LingerTag> {
    explicit Trouble(Connection& owner) : connection(owner) {}

    Connection& connection;
    Tick over_soft_since = 0;
    Tick linger_until = 0;
    Tick silent_at_close = 0;
  };

  /// OutLimits in half of the bytes: there are as many as connections.
  struct CompactLimits {
    explicit CompactLimits(const OutLimits& limits);

    uint32_t soft;
    uint32_t soft_ms;
    uint32_t hard;
  };

  void on_ready(bool readable, bool writable) override;
  void read();
  bool takes_no_input() const;
  void take_end();
  void take_bytes(std::span<const std::byte> bytes);
  void take_sealed(std::span<const std::byte> bytes);
  void enter_handshake();
  void begin_handshake();
  void check_tls();
  void discard_input();
  void flush();
  std::span<const iovec> next_to_write();
  std::span<const iovec> next_sealed();
  void seal_some();
  void wrote(size_t count);
  void drop_output();
  bool all_written() const { return out_.empty() && (tls_ == nullptr || tls_->sealed().empty()); }
  void note_flush();
  void flush_and_tell();
  void flush_and_tell_later();
  void check_out_limits();
  void finish_flushing();
  void release();
  void update_interest();
  bool make_room(size_t count, Traffic traffic);
  bool proves_alive();
  Trouble& trouble();

  // In an order without gaps.
  ConnectionTable& table_;
  const ConnId id_;
  Protocol& protocol_;
  WatchId watch_{};
  Tick opened_at_;
  uint64_t paused_in_ = 0;  // the loop's batch of events
  OutBuffer out_;
  std::unique_ptr<Attachment> attachment_;
  std::unique_ptr<Trouble> trouble_;
  const SocketHandle socket_;
  CompactLimits limits_{OutLimits()};
  const CompactAddress peer_;
  State state_ = State::kOpen;
  CloseReason close_reason_ = CloseReason::kPeerClosed;
  Interest interest_ = Interest::kRead;
  bool reading_paused_ = false;
  bool peer_finished_ = false;
  bool flush_noted_ = false;
  bool wants_writable_ = false;
  const std::unique_ptr<TlsChannel> tls_;
};

}  // namespace talkbeat
