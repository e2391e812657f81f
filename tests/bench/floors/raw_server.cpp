#include "tests/bench/floors/raw_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "tests/bench/floors/raw_link.h"

namespace talkbeat::bench {

namespace {

constexpr uint32_t kListener = UINT32_MAX;
constexpr int kAcceptsPerTurn = 64;

class RawServer {
 public:
  RawServer(int listener, RawKind kind) : listener_(listener), kind_(kind) {
    watch(listener, kListener, EPOLL_CTL_ADD);
    const int yes = 1;
    ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // those that it accepts inherit it
  }

  void turn() {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u32 == kListener) {
        for (int accepts = 0; accepts < kAcceptsPerTurn && accept_one(); ++accepts) continue;
      } else {
        ready(event.data.u32, event.events);
      }
    }
    for (const uint32_t number : to_flush_) flush(number);
    to_flush_.clear();
  }

 private:
  void watch(int fd, uint32_t number, int change, uint32_t events = EPOLLIN) {
    epoll_event event{};
    event.events = events;
    event.data.u32 = number;
    CHECK(::epoll_ctl(epoll_, change, fd, &event) == 0);
  }

  bool accept_one() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return false;
    watch(fd, static_cast<uint32_t>(links_.size()), EPOLL_CTL_ADD);
    links_.emplace_back(fd);
    return true;
  }

  void ready(uint32_t number, uint32_t events) {
    RawLink& link = links_[number];
    if (events & EPOLLOUT) watch(link.fd(), number, EPOLL_CTL_MOD);
    if (events & EPOLLOUT) note(number);
    if ((events & ~static_cast<uint32_t>(EPOLLOUT)) == 0) return;
    // Frames side by side for one target are passed on as one.
    std::span<const std::byte> run;
    uint32_t run_target = number;
    const bool open = link.read(buffer_, [&](const RawHeader& header, std::span<const std::byte> frame) {
      const uint32_t target = kind_ == RawKind::kRelay ? header.target : number;
      if (target != run_target) pass_on(std::exchange(run, {}), run_target);
      run_target = target;
      run = {run.empty() ? frame.data() : run.data(), run.size() + frame.size()};
    });
    pass_on(run, run_target);
    if (!open) ::close(link.fd());  // which ends its watch
  }

  void pass_on(std::span<const std::byte> frames, uint32_t target) {
    if (frames.empty() || target >= links_.size()) return;
    links_[target].append(frames);
    note(target);
  }

  void note(uint32_t number) {
    if (links_[number].noted()) return;
    links_[number].note();
    to_flush_.push_back(number);
  }

  void flush(uint32_t number) {
    RawLink& link = links_[number];
    if (!link.flush()) watch(link.fd(), number, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }

  const int listener_;
  const RawKind kind_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::deque<RawLink> links_;
  std::vector<uint32_t> to_flush_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 10);
};

}  // namespace

void serve_raw(int listener, RawKind kind) {
  RawServer server(listener, kind);
  while (true) server.turn();
}

}  // namespace talkbeat::bench
