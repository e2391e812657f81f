#include "base/epoll_transport.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace talkbeat {

namespace {

constexpr size_t kEventsPerWait = 512;
constexpr uint64_t kWakeToken = std::numeric_limits<uint64_t>::max();
// How often at least epoll is asked again for what it has refused.
constexpr Tick kRetryMs = 100;

// What the kernel may answer for the moment, or for this descriptor (EPERM: a file of a disk); all else is our mistake.
bool is_refusal(int error) {
  return error == ENOMEM || error == ENOSPC || error == EPERM;
}

void set_option(int fd, int level, int name, int value) {
  // Refused only where the kernel lacks the option; the connection works without it.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

void apply(int fd, const TcpOptions& options) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, options.no_delay ? 1 : 0);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(options.user_timeout_ms));
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, options.keepalive_idle_ms > 0 ? 1 : 0);
  if (options.keepalive_idle_ms == 0) return;
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(std::max<Tick>(1, options.keepalive_idle_ms / 1000)));
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(std::max<Tick>(1, options.keepalive_interval_ms / 1000)));
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, options.keepalive_count);
}

Error system_error(const std::string& what) {
  return Error{what + ": " + std::strerror(errno)};
}

uint32_t epoll_events(Interest interest) {
  const auto bits = static_cast<uint8_t>(interest);
  uint32_t events = 0;
  if (bits & static_cast<uint8_t>(Interest::kRead)) events |= EPOLLIN;
  if (bits & static_cast<uint8_t>(Interest::kWrite)) events |= EPOLLOUT;
  return events;
}

int clamp_timeout(Tick timeout_ms) {
  return static_cast<int>(std::clamp<Tick>(timeout_ms, -1, std::numeric_limits<int>::max()));
}

}  // namespace

bool IoResult::would_block() const {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

EpollTransport::EpollTransport()
    : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)), wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0);
  CHECK(control(EPOLL_CTL_ADD, wake_fd_, Interest::kRead, kWakeToken) == 0);
}

EpollTransport::~EpollTransport() {
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

Result<SocketHandle> EpollTransport::listen(const Address& address, const TcpOptions& options) {
  const SocketAddress raw = address.to_sockaddr();
  const int fd = ::socket(raw.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return system_error("cannot make a socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  apply(fd, options);
  if (::bind(fd, raw.get(), raw.length) != 0 || ::listen(fd, options.backlog) != 0) {
    Error error = system_error("cannot listen on " + address.to_string());
    ::close(fd);
    return error;
  }
  return fd;
}

// What the listener has been told holds for those that it accepts: so a login costs six system calls less.
Accepted EpollTransport::accept(SocketHandle listener, const TcpOptions& /*options*/) {
  if (const int error = refusal_of(listener)) return {kNoSocket, {}, error};
  SocketAddress raw;
  raw.length = sizeof raw.storage;
  const int fd =
      ::accept4(listener, reinterpret_cast<sockaddr*>(&raw.storage), &raw.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return {kNoSocket, {}, errno};
  return {fd, Address::from_sockaddr(raw.get(), raw.length).value_or(Address{}), 0};
}

Result<SocketHandle> EpollTransport::connect(const Address& address, const TcpOptions& options) {
  const SocketAddress raw = address.to_sockaddr();
  const int fd = ::socket(raw.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return system_error("cannot make a socket");
  apply(fd, options);
  if (::connect(fd, raw.get(), raw.length) != 0 && errno != EINPROGRESS) {
    Error error = system_error("cannot connect to " + address.to_string());
    ::close(fd);
    return error;
  }
  return fd;
}

int EpollTransport::connect_error(SocketHandle socket) {
  if (const int refused = refusal_of(socket)) return refused;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

Address EpollTransport::local_address(SocketHandle socket) {
  SocketAddress raw;
  raw.length = sizeof raw.storage;
  CHECK(::getsockname(socket, reinterpret_cast<sockaddr*>(&raw.storage), &raw.length) == 0);
  return Address::from_sockaddr(raw.get(), raw.length).value_or(Address{});
}

IoResult EpollTransport::read(SocketHandle socket, std::span<std::byte> into) {
  if (const int error = refusal_of(socket)) return {0, error};
  const ssize_t got = ::read(socket, into.data(), into.size());
  if (got < 0) return {0, errno};
  return {static_cast<size_t>(got), 0};
}

IoResult EpollTransport::write(SocketHandle socket, std::span<const iovec> pieces) {
  if (pieces.size() == 1) {
    const ssize_t sent = ::send(socket, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    if (sent < 0) return {0, errno};
    return {static_cast<size_t>(sent), 0};
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg() does not write to it
  message.msg_iovlen = pieces.size();
  const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  if (sent < 0) return {0, errno};
  return {static_cast<size_t>(sent), 0};
}

Tick EpollTransport::since_arrival(SocketHandle socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_last_data_recv;
}

void EpollTransport::finish_sending(SocketHandle socket) {
  (void)::shutdown(socket, SHUT_WR);  // fails only where the peer has gone, which the next read tells
}

void EpollTransport::close(SocketHandle socket) {
  ::close(socket);
}

void EpollTransport::abandon(SocketHandle socket) {
  const linger no_time{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(socket, SOL_SOCKET, SO_LINGER, &no_time, sizeof no_time);
  ::close(socket);
}

int EpollTransport::control(int operation, SocketHandle socket, Interest interest, uint64_t token) {
  epoll_event event{};
  event.events = epoll_events(interest);
  event.data.u64 = token;
  return ::epoll_ctl(epoll_fd_, operation, socket, &event) == 0 ? 0 : errno;
}

void EpollTransport::set_watch(int operation, SocketHandle socket, Interest interest, uint64_t token) {
  int error = control(operation, socket, interest, token);
  if (error == EEXIST) error = control(EPOLL_CTL_MOD, socket, interest, token);  // it could not be taken out before
  if (error == 0) {
    if (operation == EPOLL_CTL_ADD) refusing_ = false;
    refused_.erase(socket);
    return;
  }
  CHECK(is_refusal(error));
  if (!std::exchange(refusing_, true)) {
    log_warn("watch_refused", {{"error", std::strerror(error)}, {"look_at", "memory, fs.epoll.max_user_watches"}});
  }
  const auto [place, is_new] = refused_.try_emplace(socket, Refused{interest, token, operation, error});
  if (is_new) return;
  place->second.interest = interest;
  place->second.token = token;
}

void EpollTransport::watch(SocketHandle socket, Interest interest, uint64_t token) {
  set_watch(EPOLL_CTL_ADD, socket, interest, token);
}

void EpollTransport::change_watch(SocketHandle socket, Interest interest, uint64_t token) {
  const auto refused = refused_.find(socket);
  set_watch(refused == refused_.end() ? EPOLL_CTL_MOD : refused->second.operation, socket, interest, token);
}

// What cannot be taken out goes with the descriptor's end, or is found there at the next watch.
void EpollTransport::unwatch(SocketHandle socket) {
  const auto refused = refused_.find(socket);
  const bool never_watched = refused != refused_.end() && refused->second.operation == EPOLL_CTL_ADD;
  if (refused != refused_.end()) refused_.erase(refused);
  CHECK(never_watched || ::epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, socket, nullptr) == 0 || is_refusal(errno));
}

int EpollTransport::refusal_of(SocketHandle socket) const {
  if (refused_.empty()) return 0;
  const auto refused = refused_.find(socket);
  return refused != refused_.end() ? refused->second.error : 0;
}

void EpollTransport::retry_refused() {
  const std::map<SocketHandle, Refused> refused = refused_;
  for (const auto& [socket, watch] : refused) set_watch(watch.operation, socket, watch.interest, watch.token);
}

void EpollTransport::tell_refused(std::vector<Readiness>& ready) {
  for (auto& [socket, watch] : refused_) {
    if (!std::exchange(watch.told, true)) ready.push_back({watch.token, true, true});
  }
}

void EpollTransport::wait(Tick timeout_ms, std::vector<Readiness>& ready) {
  ready.clear();
  if (!refused_.empty()) {
    retry_refused();
    tell_refused(ready);
    const Tick most = refused_.empty() ? timeout_ms : ready.empty() ? kRetryMs : 0;
    timeout_ms = timeout_ms < 0 ? most : std::min(timeout_ms, most);
  }
  std::array<epoll_event, kEventsPerWait> events;
  const int count = ::epoll_wait(epoll_fd_, events.data(), kEventsPerWait, clamp_timeout(timeout_ms));
  CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.u64 == kWakeToken) {
      uint64_t wakes = 0;
      (void)!::read(wake_fd_, &wakes, sizeof wakes);
      continue;
    }
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    ready.push_back(
        {event.data.u64, broken || (event.events & EPOLLIN) != 0, broken || (event.events & EPOLLOUT) != 0});
  }
}

void EpollTransport::wake() {
  const uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);  // full only where wakes wait already
}

}  // namespace talkbeat
