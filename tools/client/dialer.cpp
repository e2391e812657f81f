#include "tools/client/dialer.h"

#include <cstring>
#include <utility>

namespace talkbeat {

Dialer::Dialer(EventLoop& loop, const TcpOptions& tcp, Tick timeout_ms, Done done)
    : loop_(loop), tcp_(tcp), timeout_ms_(timeout_ms), done_(std::move(done)), timer_(loop.timers(), [this] {
        stop();
        done_(Error{"no answer to the connect"});
      }) {}

Dialer::~Dialer() {
  stop();
}

void Dialer::dial(const Address& address) {
  stop();
  Result<SocketHandle> socket = loop_.transport().connect(address, tcp_);
  if (!socket.ok()) {
    done_(Error{socket.message()});
    return;
  }
  socket_ = socket.value();
  watch_ = loop_.watch(socket_, Interest::kWrite, *this);
  timer_.start_once(timeout_ms_);
}

void Dialer::stop() {
  timer_.cancel();
  if (socket_ == kNoSocket) return;
  loop_.unwatch(socket_, watch_);
  loop_.transport().close(std::exchange(socket_, kNoSocket));
}

void Dialer::on_ready(bool /*readable*/, bool /*writable*/) {
  const int error = loop_.transport().connect_error(socket_);
  if (error != 0) {
    stop();
    done_(Error{std::strerror(error)});
    return;
  }
  timer_.cancel();
  loop_.unwatch(socket_, watch_);
  done_(std::exchange(socket_, kNoSocket));
}

}  // namespace talkbeat
