#pragma once

#include <coroutine>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "base/pdu.h"
#include "proto/command_of.h"
#include "tools/talkcheck/scheduler.h"
#include "tools/talkcheck/task.h"

namespace talkbeat::check {

/// How long an answer that is due at once may take: longer than any busy machine needs, so that it judges nothing but
/// whether there is one.
inline constexpr Tick kPatience = 10'000;

/// A PDU that came, and when.
struct Arrival {
  PduHeader header;
  std::string body;
  Tick at = 0;

  bool is_heartbeat() const { return header.command_id == kCommandOf<IM::Other::IMHeartBeat>; }
};

/// A whole PDU as it goes over the wire.
std::string encode(uint16_t command, uint16_t seq_num, const std::string& body);

/// One end of a connection that does nothing by itself, and notes when everything happened. It never answers, beats or
/// gives up unless a check says so. Its waits throw Failed, with words for the table, where what they wait for does not
/// come. One task at a time may wait for it.
///
///   Peer peer(scheduler);
///   co_await peer.connect(address);
///   co_await peer.ping();
///   co_await peer.closed(61'000);
class Peer final : private ReadyHandler {
 public:
  explicit Peer(Scheduler& scheduler);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  Task<> connect(Address address);
  /// Takes over a socket that was accepted.
  void adopt(SocketHandle socket);
  void close(const char* how = "closed by us");

  /// Returns the seq_num: 1, 2, 3, … Where the connection has been closed, nothing happens.
  template <class M>
  uint16_t send(const M& message) {
    send(message, ++last_seq_);
    return last_seq_;
  }
  template <class M>
  void send(const M& message, uint16_t seq_num) {
    send_pdu(kCommandOf<M>, seq_num, message.SerializeAsString());
  }
  void send_pdu(uint16_t command, uint16_t seq_num, const std::string& body);
  void send_bytes(std::string_view bytes);

  /// Nothing is read any more, and the kernel is given little room, so that the other end's bytes pile up there.
  void stop_reading();

  /// Waits until something has happened (a PDU, the end), or `until`.
  struct Change {
    Peer& peer;
    Tick until;
    bool await_ready() const { return peer.now() >= until; }
    void await_suspend(std::coroutine_handle<> waiting);
    void await_resume() const;
  };
  Change change(Tick until) { return {*this, until}; }

  /// The next PDU that has not been taken yet; nothing where there is none by then, or the connection has ended.
  Task<std::optional<Arrival>> next(Tick within);
  /// The next M, with this seq_num where one is given; what comes before it is dropped.
  template <class M>
  Task<M> expect(std::optional<uint16_t> seq = {}, Tick within = kPatience) {
    const Arrival arrival = co_await take(kCommandOf<M>, seq, within, M().GetTypeName());
    M message;
    if (!message.ParseFromString(arrival.body)) throw Failed(message.GetTypeName() + " does not parse");
    co_return message;
  }
  Task<Arrival> take(uint16_t command, std::optional<uint16_t> seq, Tick within, std::string name);
  /// Sends the request and waits for its answer.
  template <class Answer, class Request>
  Task<Answer> ask(Request request) {
    const uint16_t seq = send(request);
    co_return co_await expect<Answer>(seq);
  }
  /// A heartbeat and its answer.
  Task<> ping();
  /// A request that is no heartbeat, and its answer.
  Task<> ask_time();

  /// Whether it ends within that time.
  Task<bool> closes_within(Tick time);
  /// Must end within that time; returns when it did.
  Task<Tick> closed(Tick within);
  /// Must not end within that time.
  Task<> stays_open(Tick time);

  bool open() const { return state_ == State::kOpen; }
  Tick now() const { return scheduler_.now(); }
  Tick connected_at() const { return connected_at_; }
  Tick closed_at() const { return closed_at_; }
  Tick last_sent_at() const { return last_sent_at_; }
  /// When a PDU other than a heartbeat last went over it, either way.
  Tick last_data_at() const { return last_data_at_; }
  Tick last_data_received_at() const { return last_data_received_at_; }
  /// The server's last TbGoAway, and when it came.
  const std::optional<TbGoAway>& told() const { return told_; }
  Tick told_at() const { return told_at_; }
  /// "closed after 3.00 s, told SILENT"; "open".
  std::string ending() const;
  const Address& local() const { return local_; }

 private:
  enum class State : uint8_t { kNew, kConnecting, kOpen, kClosed };

  void on_ready(bool readable, bool writable) override;
  void finish_connecting();
  void read();
  bool take_pdu(const PduHeader& header, std::span<const std::byte> body);
  void flush();
  void watch_as_needed();
  void end(const std::string& how);
  void notify();

  Scheduler& scheduler_;
  EventLoop& loop_;
  Timer timer_;
  std::coroutine_handle<> waiting_;
  State state_ = State::kNew;
  SocketHandle socket_ = kNoSocket;
  WatchId watch_{};
  Interest interest_ = Interest::kNone;
  bool reading_ = true;
  Address local_;
  std::string out_;
  PduFramer framer_;
  std::deque<Arrival> inbox_;
  uint16_t last_seq_ = 0;
  std::string how_ended_;
  Tick connected_at_ = 0;
  Tick closed_at_ = 0;
  Tick last_sent_at_ = 0;
  Tick last_data_at_ = 0;
  Tick last_data_received_at_ = 0;
  std::optional<TbGoAway> told_;
  Tick told_at_ = 0;
};

}  // namespace talkbeat::check
