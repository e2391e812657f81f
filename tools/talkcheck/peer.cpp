#include "tools/talkcheck/peer.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "tools/talkcheck/words.h"

namespace talkbeat::check {

namespace {

constexpr Tick kConnectTimeoutMs = 5'000;
constexpr size_t kMaxPdu = 16 << 20;
constexpr int kTinyBuffer = 2'048;

// This kit judges timeouts: its own sockets have none.
TcpOptions plain_tcp() {
  TcpOptions tcp;
  tcp.keepalive_idle_ms = 0;
  tcp.user_timeout_ms = 0;
  return tcp;
}

}  // namespace

std::string encode(uint16_t command, uint16_t seq_num, const std::string& body) {
  PduHeader header;
  header.length = static_cast<uint32_t>(kPduHeaderSize + body.size());
  header.service_id = service_of(command);
  header.command_id = command;
  header.seq_num = seq_num;
  std::array<std::byte, kPduHeaderSize> bytes;
  encode_header(header, bytes);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) + body;
}

Peer::Peer(Scheduler& scheduler)
    : scheduler_(scheduler), loop_(scheduler.loop()), timer_(loop_.timers(), [this] { notify(); }) {}

Peer::~Peer() {
  close();
}

void Peer::close(const char* how) {
  if (socket_ != kNoSocket) end(how);
}

Task<> Peer::connect(Address address) {
  Result<SocketHandle> socket = loop_.transport().connect(address, plain_tcp());
  if (!socket.ok()) throw Failed(socket.message());
  socket_ = socket.value();
  state_ = State::kConnecting;
  interest_ = Interest::kWrite;
  watch_ = loop_.watch(socket_, interest_, *this);
  const Tick until = now() + kConnectTimeoutMs;
  while (state_ == State::kConnecting && now() < until) co_await change(until);
  if (state_ == State::kConnecting) close();
  if (state_ != State::kOpen) throw Failed("no connection to " + address.to_string() + ": " + how_ended_);
}

void Peer::adopt(SocketHandle socket) {
  socket_ = socket;
  watch_ = loop_.watch(socket_, Interest::kNone, *this);
  finish_connecting();
}

void Peer::finish_connecting() {
  if (const int error = loop_.transport().connect_error(socket_); error != 0) {
    end(std::strerror(error));
    return;
  }
  state_ = State::kOpen;
  connected_at_ = last_data_at_ = now();
  local_ = loop_.transport().local_address(socket_);
  watch_as_needed();
  notify();
}

void Peer::send_pdu(uint16_t command, uint16_t seq_num, const std::string& body) {
  if (command != kCommandOf<IM::Other::IMHeartBeat>) last_data_at_ = now();
  send_bytes(encode(command, seq_num, body));
}

void Peer::send_bytes(std::string_view bytes) {
  if (!open()) return;
  last_sent_at_ = now();
  out_ += bytes;
  flush();
}

void Peer::flush() {
  while (!out_.empty()) {
    const iovec piece{out_.data(), out_.size()};
    const IoResult result = loop_.transport().write(socket_, std::span(&piece, 1));
    if (result.would_block()) break;
    if (result.error != 0) {
      // What came before the reset can still be read, and tells more than the reset.
      out_.clear();
      break;
    }
    out_.erase(0, result.bytes);
  }
  watch_as_needed();
}

void Peer::stop_reading() {
  reading_ = false;
  (void)::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &kTinyBuffer, sizeof kTinyBuffer);
  watch_as_needed();
}

void Peer::watch_as_needed() {
  const auto wanted = static_cast<Interest>((reading_ ? static_cast<int>(Interest::kRead) : 0) |
                                            (out_.empty() ? 0 : static_cast<int>(Interest::kWrite)));
  if (wanted == interest_) return;
  interest_ = wanted;
  loop_.change_watch(socket_, watch_, interest_);
}

void Peer::on_ready(bool readable, bool writable) {
  if (state_ == State::kConnecting) {
    finish_connecting();
  } else if (readable && !reading_) {
    end("reset");  // while nothing is read, only the connection's end is reported
  } else {
    if (readable) read();
    if (writable && open()) flush();
  }
}

void Peer::read() {
  static std::array<std::byte, 64 * 1024> buffer;
  const IoResult result = loop_.transport().read(socket_, buffer);
  if (result.would_block()) return;
  if (result.error != 0) return end("reset");
  if (result.bytes == 0) return end("closed");
  const auto outcome = framer_.feed(
      std::span(buffer).first(result.bytes), [] { return kMaxPdu; },
      [this](const PduHeader& header, std::span<const std::byte> body) { return take_pdu(header, body); });
  if (outcome == PduFramer::Outcome::kBadLength) end("sent a broken PDU");
}

bool Peer::take_pdu(const PduHeader& header, std::span<const std::byte> body) {
  inbox_.push_back({header, std::string(reinterpret_cast<const char*>(body.data()), body.size()), now()});
  const Arrival& arrival = inbox_.back();
  const bool go_away = header.command_id == kCommandOf<TbGoAway>;
  if (!arrival.is_heartbeat() && !go_away) last_data_at_ = last_data_received_at_ = now();
  if (TbGoAway notice; go_away && notice.ParseFromString(arrival.body)) {
    told_ = notice;
    told_at_ = now();
  }
  notify();
  return true;
}

void Peer::end(const std::string& how) {
  state_ = State::kClosed;
  closed_at_ = now();
  how_ended_ = how;
  loop_.unwatch(socket_, watch_);
  loop_.transport().close(std::exchange(socket_, kNoSocket));
  notify();
}

void Peer::notify() {
  if (waiting_) scheduler_.wake(std::exchange(waiting_, nullptr));
}

void Peer::Change::await_suspend(std::coroutine_handle<> waiting) {
  peer.waiting_ = waiting;
  peer.timer_.start_once(until - peer.now());
}

void Peer::Change::await_resume() const {
  peer.timer_.cancel();
}

Task<std::optional<Arrival>> Peer::next(Tick within) {
  const Tick until = now() + within;
  while (inbox_.empty() && open() && now() < until) co_await change(until);
  std::optional<Arrival> arrival;
  if (!inbox_.empty()) {
    arrival = std::move(inbox_.front());
    inbox_.pop_front();
  }
  co_return arrival;
}

Task<Arrival> Peer::take(uint16_t command, std::optional<uint16_t> seq, Tick within, std::string name) {
  const Tick until = now() + within;
  while (true) {
    std::optional<Arrival> arrival = co_await next(until - now());
    if (!arrival) throw Failed(open() ? "no " + name + " within " + seconds(within) : "no " + name + ": " + ending());
    const bool wanted = arrival->header.command_id == command && (!seq || arrival->header.seq_num == *seq);
    if (wanted) co_return std::move(*arrival);
  }
}

Task<> Peer::ping() {
  const uint16_t seq = send(IM::Other::IMHeartBeat());
  co_await expect<IM::Other::IMHeartBeat>(seq);
}

Task<> Peer::ask_time() {
  co_await ask<IM::Message::IMClientTimeRsp>(IM::Message::IMClientTimeReq());
}

Task<bool> Peer::closes_within(Tick time) {
  const Tick until = now() + time;
  while (open() && now() < until) co_await change(until);
  co_return !open();
}

Task<Tick> Peer::closed(Tick within) {
  const bool ended = co_await closes_within(within);
  if (!ended) throw Failed("still open after " + seconds(now() - connected_at_));
  co_return closed_at_;
}

Task<> Peer::stays_open(Tick time) {
  const bool ended = co_await closes_within(time);
  if (ended) throw Failed(ending());
}

std::string Peer::ending() const {
  if (open()) return "open";
  std::string text = how_ended_ + " after " + seconds(closed_at_ - connected_at_);
  return text + (told_ ? ", told " + reason_name(told_->reason()) : ", told nothing");
}

}  // namespace talkbeat::check
