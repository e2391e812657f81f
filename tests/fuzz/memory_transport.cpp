#include "tests/fuzz/memory_transport.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace talkbeat::fuzz {

namespace {

constexpr SocketHandle kFirstHandle = 3;

bool wants(Interest interest, Interest what) {
  return (static_cast<int>(interest) & static_cast<int>(what)) != 0;
}

}  // namespace

StreamPtr MemoryTransport::dial(uint16_t port, const std::string& from_ip) {
  const auto listener = std::ranges::find_if(sockets_, [port](const Socket& socket) {
    return socket.open && socket.stream == nullptr && socket.local.port == port;
  });
  if (listener == sockets_.end()) return nullptr;
  auto stream = std::make_shared<Stream>();
  listener->waiting.push_back({stream, {from_ip, next_port_++}});
  return stream;
}

std::vector<StreamPtr> MemoryTransport::take_dialed() {
  return std::exchange(dialed_, {});
}

size_t MemoryTransport::open_sockets() const {
  return static_cast<size_t>(std::ranges::count_if(sockets_, &Socket::open));
}

size_t MemoryTransport::unread_bytes() const {
  size_t bytes = 0;
  for (const Socket& socket : sockets_) {
    if (socket.stream != nullptr) bytes += socket.stream->to_server.size();
    for (const Waiting& one : socket.waiting) bytes += one.stream->to_server.size();
  }
  return bytes;
}

MemoryTransport::Socket& MemoryTransport::at(SocketHandle handle) {
  const auto index = static_cast<size_t>(handle - kFirstHandle);
  CHECK(handle >= kFirstHandle && index < sockets_.size() && sockets_[index].open);
  return sockets_[index];
}

SocketHandle MemoryTransport::add(Socket socket) {
  auto free = std::ranges::find(sockets_, false, &Socket::open);
  if (free == sockets_.end()) free = sockets_.emplace(sockets_.end());
  *free = std::move(socket);
  free->open = true;
  return kFirstHandle + static_cast<SocketHandle>(free - sockets_.begin());
}

Result<SocketHandle> MemoryTransport::listen(const Address& address, const TcpOptions& /*options*/) {
  Address local = address;
  if (local.port == 0) local.port = next_port_++;
  return add({.local = local});
}

Accepted MemoryTransport::accept(SocketHandle listener, const TcpOptions& /*options*/) {
  auto& waiting = at(listener).waiting;
  if (waiting.empty()) return {kNoSocket, {}, EAGAIN};
  const Waiting next = std::move(waiting.front());
  waiting.pop_front();
  const Address local = at(listener).local;
  return {add({.local = local, .stream = next.stream}), next.from, 0};
}

Result<SocketHandle> MemoryTransport::connect(const Address& /*address*/, const TcpOptions& /*options*/) {
  if (refuse_connects) return Error{"refused"};
  dialed_.push_back(std::make_shared<Stream>());
  return add({.local = {"192.0.2.1", next_port_++}, .stream = dialed_.back()});
}

int MemoryTransport::connect_error(SocketHandle socket) {
  return at(socket).stream->reset ? ECONNREFUSED : 0;
}

Address MemoryTransport::local_address(SocketHandle socket) {
  return at(socket).local;
}

IoResult MemoryTransport::read(SocketHandle socket, std::span<std::byte> into) {
  Stream& stream = *at(socket).stream;
  if (stream.reset) return {0, ECONNRESET};
  if (stream.to_server.empty()) return {0, stream.finished ? 0 : EAGAIN};
  const size_t count = std::min({into.size(), stream.to_server.size(), stream.max_read});
  std::copy_n(reinterpret_cast<const std::byte*>(stream.to_server.data()), count, into.begin());
  stream.to_server.erase(0, count);
  return {count, 0};
}

IoResult MemoryTransport::write(SocketHandle socket, std::span<const iovec> pieces) {
  Stream& stream = *at(socket).stream;
  CHECK(!stream.server_finished);
  if (stream.reset) return {0, EPIPE};
  size_t written = 0;
  for (const iovec& piece : pieces) {
    const size_t room = stream.room - std::min(stream.room, stream.from_server.size());
    const size_t count = std::min(piece.iov_len, room);
    stream.from_server.append(static_cast<const char*>(piece.iov_base), count);
    written += count;
  }
  return {written, written == 0 ? EAGAIN : 0};
}

void MemoryTransport::finish_sending(SocketHandle socket) {
  at(socket).stream->server_finished = true;
}

void MemoryTransport::close(SocketHandle socket) {
  Socket& closed = at(socket);
  CHECK(!closed.watched);
  if (closed.stream != nullptr) closed.stream->server_closed = true;
  for (const Waiting& one : closed.waiting) one.stream->server_closed = true;
  closed = {};
}

void MemoryTransport::watch(SocketHandle socket, Interest interest, uint64_t token) {
  CHECK(!at(socket).watched);
  at(socket).watched = true;
  change_watch(socket, interest, token);
}

void MemoryTransport::change_watch(SocketHandle socket, Interest interest, uint64_t token) {
  CHECK(at(socket).watched);
  at(socket).interest = interest;
  at(socket).token = token;
}

void MemoryTransport::unwatch(SocketHandle socket) {
  const bool was_watched = std::exchange(at(socket).watched, false);
  CHECK(was_watched);
}

bool MemoryTransport::readable(const Socket& socket) {
  if (socket.stream == nullptr) return !socket.waiting.empty();
  return !socket.stream->to_server.empty() || socket.stream->finished || socket.stream->reset;
}

bool MemoryTransport::writable(const Socket& socket) {
  if (socket.stream == nullptr) return false;
  return socket.stream->reset || socket.stream->from_server.size() < socket.stream->room;
}

void MemoryTransport::wait(Tick timeout_ms, std::vector<Readiness>& ready) {
  ready.clear();
  for (const Socket& socket : sockets_) {
    if (!socket.open || !socket.watched) continue;
    // As epoll does: a reset is reported whatever is watched.
    const bool broken = socket.stream != nullptr && socket.stream->reset;
    const bool in = broken || (wants(socket.interest, Interest::kRead) && readable(socket));
    const bool out = wants(socket.interest, Interest::kWrite) && writable(socket);
    if (in || out) ready.push_back({socket.token, in, out});
  }
  if (ready.empty() && timeout_ms > 0) clock_.advance(timeout_ms);
}

}  // namespace talkbeat::fuzz
