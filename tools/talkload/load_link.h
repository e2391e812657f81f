#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/event_loop.h"
#include "base/pdu.h"

namespace talkbeat::load {

class LoadLink;

/// Told what happens to links. A callback may close any link; the one that it is about may connect again only later.
class LinkOwner {
 public:
  virtual void on_connected(LoadLink& link) = 0;
  /// False: what else has come on this link is not looked at.
  virtual bool on_pdu(LoadLink& link, const PduHeader& header, std::span<const std::byte> body) = 0;
  /// The peer has closed it, or it broke, or it could not connect: `why` says so in words. Not after close().
  virtual void on_lost(LoadLink& link, const std::string& why) = 0;

 protected:
  ~LinkOwner() = default;
};

/// What all links of one event loop share: the buffer that is read into, the list of those that have something to send,
/// which is flushed once a turn.
///
///   LinkTable links(loop, owner);
///   link.connect(links, target, &source);
class LinkTable final : private TurnHandler {
 public:
  LinkTable(EventLoop& loop, LinkOwner& owner);

  EventLoop& loop() { return loop_; }
  uint64_t bytes_in() const { return bytes_in_; }
  uint64_t bytes_out() const { return bytes_out_; }
  /// CLOCK_MONOTONIC, read when the bytes of the PDU that is being handled were.
  uint64_t read_at_ns() const { return read_at_ns_; }

 private:
  friend class LoadLink;

  void on_turn_end() override;
  void on_stall(Tick /*stalled*/) override {}

  EventLoop& loop_;
  LinkOwner& owner_;
  std::vector<std::byte> read_buffer_;
  std::vector<LoadLink*> to_flush_;
  uint64_t bytes_in_ = 0;
  uint64_t bytes_out_ = 0;
  uint64_t read_at_ns_ = 0;
};

/// One simulated client's connection: leaner than a Connection, and without its care (no limits, no lingering, no
/// liveness), since a load process holds 20,000 of them beside the servers it measures. It stays where it is while it
/// is in use, and outlives the turn in which it was closed. The loop's thread only.
class LoadLink final : private ReadyHandler {
 public:
  LoadLink() = default;
  ~LoadLink();
  LoadLink(const LoadLink&) = delete;
  LoadLink& operator=(const LoadLink&) = delete;

  /// Begins to connect. `source`: the address of our end, nullptr for the system's choice. False: not even that could
  /// be done; `errno` says why.
  [[nodiscard]] bool connect(LinkTable& table, const SocketAddress& target, const SocketAddress* source);
  /// Copies the bytes; they go at the end of the turn.
  void send(std::span<const std::byte> bytes);
  /// Resets the connection: no port of ours waits in TIME_WAIT. What was not flushed is lost.
  void close();
  /// Sends what waits, and then closes in order.
  void finish();

  bool open() const { return socket_ != kNoSocket; }
  size_t waiting_to_send() const { return out_.size() - sent_; }
  /// For its owner: which client this is.
  uint32_t tag = 0;

 private:
  friend class LinkTable;

  void on_ready(bool readable, bool writable) override;
  void finish_connecting();
  void read();
  void flush();
  void lose(const std::string& why);
  void release(bool reset);

  LinkTable* table_ = nullptr;
  std::vector<std::byte> out_;
  size_t sent_ = 0;
  PduFramer framer_;
  WatchId watch_{};
  SocketHandle socket_ = kNoSocket;
  bool connecting_ = false;
  bool flush_noted_ = false;
  bool waits_writable_ = false;
};

/// CLOCK_MONOTONIC in nanoseconds: the same for all processes of a machine.
uint64_t monotonic_ns();

}  // namespace talkbeat::load
