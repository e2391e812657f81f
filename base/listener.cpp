#include "base/listener.h"

#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace talkbeat {

namespace {

// At most this many in one turn, so that a storm of connects does not keep those that are connected waiting.
constexpr int kAcceptsPerTurn = 64;

// What accept() returns for a connection that died while it waited: the next one may be fine.
bool concerns_one_connection(int error) {
  return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM || error == ENETDOWN ||
         error == ENOPROTOOPT || error == EHOSTDOWN || error == EHOSTUNREACH || error == ENETUNREACH;
}

}  // namespace

Listener::Listener(EventLoop& loop, const TcpOptions& options, AcceptHandler on_accept)
    : loop_(loop), options_(options), on_accept_(std::move(on_accept)), resume_timer_(loop.timers(), [this] {
        if (listening()) loop_.change_watch(socket_, watch_, Interest::kRead);
      }) {}

Listener::~Listener() {
  stop();
}

Status Listener::start(const Address& address) {
  Result<SocketHandle> socket = loop_.transport().listen(address, options_);
  if (!socket.ok()) return Error{socket.message()};
  socket_ = socket.value();
  watch_ = loop_.watch(socket_, Interest::kRead, *this);
  return {};
}

void Listener::stop() {
  if (!listening()) return;
  resume_timer_.cancel();
  loop_.unwatch(socket_, watch_);
  loop_.transport().close(socket_);
  socket_ = kNoSocket;
}

Address Listener::address() const {
  return loop_.transport().local_address(socket_);
}

void Listener::on_ready(bool /*readable*/, bool /*writable*/) {
  for (int i = 0; i < kAcceptsPerTurn && listening(); ++i) {
    const Accepted accepted = loop_.transport().accept(socket_, options_);
    if (accepted.socket != kNoSocket) {
      on_accept_(accepted.socket, accepted.peer);
      continue;
    }
    if (concerns_one_connection(accepted.error)) continue;
    if (accepted.error != EAGAIN && accepted.error != EWOULDBLOCK) pause(accepted.error);
    return;
  }
}

void Listener::pause(int error) {
  log_warn("accept_paused", {{"address", address().to_string()}, {"error", std::strerror(error)}, {"ms", kPauseMs}});
  loop_.change_watch(socket_, watch_, Interest::kNone);
  resume_timer_.start_once(kPauseMs);
}

}  // namespace talkbeat
