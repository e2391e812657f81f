#include "base/connector.h"

#include <cstring>
#include <utility>

#include "base/log.h"

namespace talkbeat {

Connector::Connector(EventLoop& loop, Rng& rng, const Options& options, const Address& target,
                     ConnectHandler on_connected)
    : loop_(loop),
      rng_(rng),
      options_(options),
      target_(target),
      on_connected_(std::move(on_connected)),
      backoff_(options.backoff),
      timer_(loop.timers(), [this] { on_timer(); }),
      proven_timer_(loop.timers(), [this] { backoff_.reset(); }) {}

Connector::~Connector() {
  stop();
}

void Connector::start() {
  if (state_ == State::kStopped) connect();
}

void Connector::stop() {
  timer_.cancel();
  proven_timer_.cancel();
  drop_socket();
  state_ = State::kStopped;
}

void Connector::lost() {
  if (state_ != State::kConnected) return;
  proven_timer_.cancel();
  wait_and_retry();
}

void Connector::wait_and_retry() {
  state_ = State::kWaiting;
  timer_.start_once(backoff_.next_delay(rng_));
}

void Connector::proven() {
  if (state_ == State::kConnected) proven_timer_.start_once(options_.proven_after_ms);
}

void Connector::on_timer() {
  if (state_ == State::kConnecting) {
    give_up("no answer within the connect timeout");
  } else {
    connect();
  }
}

void Connector::connect() {
  Result<SocketHandle> socket = loop_.transport().connect(target_, options_.tcp);
  if (!socket.ok()) {
    give_up(socket.message());
    return;
  }
  socket_ = socket.value();
  watch_ = loop_.watch(socket_, Interest::kWrite, *this);
  state_ = State::kConnecting;
  timer_.start_once(options_.connect_timeout_ms);
}

void Connector::on_ready(bool /*readable*/, bool /*writable*/) {
  const int error = loop_.transport().connect_error(socket_);
  if (error != 0) {
    give_up(std::strerror(error));
    return;
  }
  timer_.cancel();
  loop_.unwatch(socket_, watch_);
  state_ = State::kConnected;
  on_connected_(std::exchange(socket_, kNoSocket));
}

void Connector::give_up(const std::string& why) {
  log_debug("connect_failed", {{"to", target_.to_string()}, {"failures", backoff_.failures() + 1}, {"error", why}});
  drop_socket();
  wait_and_retry();
}

void Connector::drop_socket() {
  if (socket_ == kNoSocket) return;
  loop_.unwatch(socket_, watch_);
  loop_.transport().close(std::exchange(socket_, kNoSocket));
}

}  // namespace talkbeat
