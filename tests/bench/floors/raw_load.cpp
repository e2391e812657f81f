#include "tests/bench/floors/raw_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <string>

#include "tests/bench/floors/raw_link.h"

namespace talkbeat::bench {

namespace {

using Seconds = std::chrono::duration<double>;

double now_s() {
  return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  return text;
}

/// Where the kernel does not count nanoseconds: in ticks, mostly of 10 ms.
double cpu_ticks_s(const std::string& process) {
  const std::string text = first_line(process + "/stat");
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) fail("the server has ended");
  long user = 0;
  long system = 0;
  std::sscanf(text.c_str() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// User and system time that the process has used; it has one thread.
double cpu_seconds(int number) {
  constexpr double kNanosecondsASecond = 1e9;
  const std::string process = "/proc/" + std::to_string(number);
  unsigned long long used_ns = 0;
  if (std::sscanf(first_line(process + "/schedstat").c_str(), "%llu", &used_ns) != 1) return cpu_ticks_s(process);
  return static_cast<double>(used_ns) / kNanosecondsASecond;
}

class RawLoader {
 public:
  RawLoader(const RawLoad& load, uint16_t port) : load_(load), port_(port) {
    for (uint32_t i = 0; i < load.links; ++i) connect();
  }

  uint64_t received() const { return received_; }

  void begin() {
    began_ = now_s();
    switch (load_.kind) {
      case RawKind::kEcho:
        return;
      case RawKind::kRelay:
        for (uint32_t sender = 0; sender < links_.size(); sender += 2) {
          for (uint32_t i = 0; i < load_.window; ++i) send(sender, sender + 1);
        }
        break;
      case RawKind::kVisit:
        for (uint32_t visitor = 0; visitor < links_.size(); ++visitor) send(visitor, 0);
        break;
    }
    flush();
  }

  void run_until(double end) {
    while (now_s() < end) turn();
  }

 private:
  void connect() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<uint32_t>(links_.size());
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
    links_.emplace_back(fd);
  }

  void send(uint32_t from, uint32_t to) {
    const RawHeader header{static_cast<uint32_t>(frame_.size()), to, 0};
    std::memcpy(frame_.data(), &header, sizeof header);
    links_[from].append(frame_);
    if (links_[from].noted()) return;
    links_[from].note();
    to_flush_.push_back(from);
  }

  void flush() {
    // A send buffer holds far more than a window: what is left over goes with the next frame.
    for (const uint32_t number : to_flush_) (void)links_[number].flush();
    to_flush_.clear();
  }

  void turn() {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1);
    for (int i = 0; i < count; ++i) read(events[static_cast<size_t>(i)].data.u32);
    if (load_.kind == RawKind::kEcho) send_due();
    flush();
  }

  void read(uint32_t number) {
    const bool open = links_[number].read(buffer_, [this, number](const RawHeader&, std::span<const std::byte>) {
      ++received_;
      if (load_.kind == RawKind::kRelay) send(number - 1, number);
    });
    if (!open) fail("the server has closed a connection");
    if (load_.kind == RawKind::kVisit) replace(number);
  }

  // Reset, so that no port waits; as talkload does. A frame is so small that it has come in one piece.
  void replace(uint32_t number) {
    const linger no_time{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(links_[number].fd(), SOL_SOCKET, SO_LINGER, &no_time, sizeof no_time);
    ::close(links_[number].fd());
    connect();
    send(static_cast<uint32_t>(links_.size() - 1), 0);
  }

  void send_due() {
    const auto slots = static_cast<double>(static_cast<uint64_t>((now_s() - began_) / load_.slot_s));
    const auto due = static_cast<uint64_t>(slots * load_.slot_s * load_.rate);
    for (; sent_ < due; ++sent_) send(static_cast<uint32_t>(sent_ % links_.size()), 0);
  }

  const RawLoad load_;
  const uint16_t port_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::deque<RawLink> links_;
  std::vector<uint32_t> to_flush_;
  std::vector<std::byte> frame_ = std::vector<std::byte>(load_.size);
  std::vector<std::byte> buffer_ = std::vector<std::byte>(256 << 10);
  uint64_t received_ = 0;
  uint64_t sent_ = 0;
  double began_ = 0;
};

}  // namespace

RawFigures load_raw(const RawLoad& load, uint16_t port, int server) {
  RawLoader loader(load, port);
  loader.begin();
  loader.run_until(now_s() + load.warm_up_s);
  const double begin = now_s();
  const double cpu = cpu_seconds(server);
  const uint64_t frames = loader.received();
  loader.run_until(begin + load.duration_s);
  return {loader.received() - frames, now_s() - begin, cpu_seconds(server) - cpu};
}

}  // namespace talkbeat::bench
