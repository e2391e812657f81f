#include "tests/bench/memory_transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>

#include "base/check.h"

namespace talkbeat::bench {

SocketHandle MemoryTransport::connect_client(uint16_t port) {
  const auto listener =
      std::ranges::find_if(sockets_, [port](const Socket& socket) { return socket.address.port == port; });
  CHECK(listener != sockets_.end());
  const auto number = static_cast<SocketHandle>(listener - sockets_.begin());
  const auto client = static_cast<SocketHandle>(sockets_.size());
  sockets_.emplace_back();
  at(number).incoming.push_back(client);
  with_input_.push_back(number);
  return client;
}

void MemoryTransport::arrive(SocketHandle socket, std::span<const std::byte> bytes) {
  CHECK(at(socket).input.empty());
  at(socket).input = bytes;
  with_input_.push_back(socket);
}

Result<SocketHandle> MemoryTransport::listen(const Address& address, const TcpOptions& /*options*/) {
  sockets_.emplace_back().address = address;
  return static_cast<SocketHandle>(sockets_.size() - 1);
}

Accepted MemoryTransport::accept(SocketHandle listener, const TcpOptions& /*options*/) {
  std::vector<SocketHandle>& incoming = at(listener).incoming;
  if (incoming.empty()) return {kNoSocket, {}, EAGAIN};
  const SocketHandle socket = incoming.back();
  incoming.pop_back();
  return {socket, {"127.0.0.1", 1}, 0};
}

Result<SocketHandle> MemoryTransport::connect(const Address& /*address*/, const TcpOptions& /*options*/) {
  return Error{"nobody is there"};
}

Address MemoryTransport::local_address(SocketHandle socket) {
  return at(socket).address;
}

IoResult MemoryTransport::read(SocketHandle socket, std::span<std::byte> into) {
  std::span<const std::byte>& input = at(socket).input;
  if (input.empty()) return {0, EAGAIN};
  const size_t count = std::min(into.size(), input.size());
  std::memcpy(into.data(), input.data(), count);
  input = input.subspan(count);
  return {count, 0};
}

IoResult MemoryTransport::write(SocketHandle /*socket*/, std::span<const iovec> pieces) {
  const size_t count = std::accumulate(pieces.begin(), pieces.end(), size_t{0},
                                       [](size_t sum, const iovec& piece) { return sum + piece.iov_len; });
  ++writes_;
  bytes_written_ += count;
  return {count, 0};
}

void MemoryTransport::watch(SocketHandle socket, Interest interest, uint64_t token) {
  change_watch(socket, interest, token);
}

void MemoryTransport::change_watch(SocketHandle socket, Interest interest, uint64_t token) {
  at(socket).interest = interest;
  at(socket).token = token;
}

void MemoryTransport::unwatch(SocketHandle socket) {
  at(socket).interest = Interest::kNone;
}

bool MemoryTransport::readable(SocketHandle socket) {
  return !at(socket).input.empty() || !at(socket).incoming.empty();
}

void MemoryTransport::wait(Tick /*timeout_ms*/, std::vector<Readiness>& ready) {
  ready.clear();
  std::erase_if(with_input_, [this](SocketHandle socket) { return !readable(socket); });
  for (const SocketHandle socket : with_input_) {
    if (at(socket).interest == Interest::kNone) continue;
    ready.push_back({at(socket).token, true, false});
  }
}

}  // namespace talkbeat::bench
