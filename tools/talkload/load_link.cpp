#include "tools/talkload/load_link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/check.h"

namespace talkbeat::load {

namespace {

constexpr size_t kReadBuffer = 256 * 1024;
constexpr size_t kLongestPdu = 4 << 20;       // servers send up to 2 MiB
constexpr size_t kKeptOutBuffer = 64 * 1024;  // an emptied buffer above this is given back

void bind_to(int fd, const SocketAddress& source) {
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  (void)::bind(fd, source.get(), source.length);  // where it fails, connect() takes another source, or fails as well
}

}  // namespace

uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

LinkTable::LinkTable(EventLoop& loop, LinkOwner& owner) : loop_(loop), owner_(owner), read_buffer_(kReadBuffer) {
  loop_.add_turn_handler(*this);
}

// A flush may find a link broken, whose owner then sends on another one: so by index.
void LinkTable::on_turn_end() {
  for (size_t i = 0; i < to_flush_.size(); ++i) {
    to_flush_[i]->flush_noted_ = false;
    to_flush_[i]->flush();
  }
  to_flush_.clear();
}

LoadLink::~LoadLink() {
  if (open()) release(true);
}

bool LoadLink::connect(LinkTable& table, const SocketAddress& target, const SocketAddress* source) {
  CHECK(!open());
  table_ = &table;
  const int fd = ::socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source != nullptr) bind_to(fd, *source);
  if (::connect(fd, target.get(), target.length) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    table_->loop_.transport().close(fd);
    errno = error;
    return false;
  }
  socket_ = fd;
  connecting_ = true;
  framer_ = PduFramer();
  watch_ = table_->loop_.watch(socket_, Interest::kWrite, *this);
  return true;
}

void LoadLink::send(std::span<const std::byte> bytes) {
  if (!open()) return;
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  if (flush_noted_ || waits_writable_ || connecting_) return;
  flush_noted_ = true;
  table_->to_flush_.push_back(this);
}

void LoadLink::close() {
  if (open()) release(true);
}

void LoadLink::finish() {
  if (!open()) return;
  if (!connecting_) flush();
  if (open()) release(false);
}

void LoadLink::on_ready(bool readable, bool writable) {
  if (connecting_) {
    finish_connecting();
    return;
  }
  if (writable && waits_writable_) flush();
  if (readable && open()) read();
}

void LoadLink::finish_connecting() {
  const int error = table_->loop_.transport().connect_error(socket_);
  if (error != 0) {
    lose(std::string("cannot connect: ") + std::strerror(error));
    return;
  }
  connecting_ = false;
  table_->loop_.change_watch(socket_, watch_, Interest::kRead);
  table_->owner_.on_connected(*this);
  flush();
}

void LoadLink::read() {
  const IoResult result = table_->loop_.transport().read(socket_, table_->read_buffer_);
  if (result.would_block()) return;
  if (result.error != 0) {
    lose(std::strerror(result.error));
    return;
  }
  if (result.bytes == 0) {
    lose("closed by the server");
    return;
  }
  table_->bytes_in_ += result.bytes;
  table_->read_at_ns_ = monotonic_ns();
  const auto handle = [this](const PduHeader& header, std::span<const std::byte> body) {
    return table_->owner_.on_pdu(*this, header, body) && open();
  };
  const auto outcome = framer_.feed(
      std::span(table_->read_buffer_).first(result.bytes), [] { return kLongestPdu; }, handle);
  if (outcome == PduFramer::Outcome::kBadLength && open()) lose("a PDU with an impossible length came");
}

void LoadLink::flush() {
  while (open() && waiting_to_send() > 0) {
    const std::span<const std::byte> rest = std::span(out_).subspan(sent_);
    const iovec piece{const_cast<std::byte*>(rest.data()), rest.size()};
    const IoResult result = table_->loop_.transport().write(socket_, {&piece, 1});
    if (result.would_block()) break;
    if (result.error != 0) {
      lose(std::strerror(result.error));
      return;
    }
    table_->bytes_out_ += result.bytes;
    sent_ += result.bytes;
  }
  if (!open()) return;
  if (waiting_to_send() == 0) {
    out_.clear();
    sent_ = 0;
    if (out_.capacity() > kKeptOutBuffer) out_.shrink_to_fit();
  }
  const bool waits = waiting_to_send() > 0;
  if (waits == waits_writable_) return;
  waits_writable_ = waits;
  table_->loop_.change_watch(socket_, watch_, waits ? Interest::kReadWrite : Interest::kRead);
}

void LoadLink::lose(const std::string& why) {
  release(false);
  table_->owner_.on_lost(*this, why);
}

void LoadLink::release(bool reset) {
  table_->loop_.unwatch(socket_, watch_);
  if (reset) {
    table_->loop_.transport().abandon(socket_);
  } else {
    table_->loop_.transport().close(socket_);
  }
  socket_ = kNoSocket;
  connecting_ = waits_writable_ = false;
  out_ = std::vector<std::byte>();  // not {}: that keeps the memory
  sent_ = 0;
}

}  // namespace talkbeat::load
