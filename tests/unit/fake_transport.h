#pragma once

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <deque>

#include "base/epoll_transport.h"
#include "tests/unit/fake_clock.h"

namespace talkbeat {

/// Real sockets whose calls fail or fall short as a test's script says, and whose waiting costs no time: where nothing
/// is ready, the fake clock jumps to the end of the wait.
///
///   FakeTransport transport(clock);
///   transport.failing_writes = {EINTR, EAGAIN};  // the next two
///   transport.max_write = 1;                     // each one takes a byte
class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(FakeClock& clock) : clock_(clock) {}

  // The script. 0 in a list: that call succeeds.
  std::deque<int> failing_reads;
  std::deque<int> failing_writes;
  std::deque<int> failing_accepts;
  std::deque<int> failing_connects;
  bool accepts_fail_with_emfile = false;
  bool connects_never_finish = false;
  size_t max_read = SIZE_MAX;
  size_t max_write = SIZE_MAX;
  bool writes_block = false;  // nobody reads
  bool waits_are_real = false;
  Tick arrived_before = 0;  // what is read came so many milliseconds ago

  // What was done.
  int reads = 0;
  int writes = 0;
  int accepts = 0;
  int connects = 0;
  int waits = 0;
  int abandoned = 0;

  Result<SocketHandle> listen(const Address& address, const TcpOptions& options) override {
    return real_.listen(address, options);
  }
  Accepted accept(SocketHandle listener, const TcpOptions& options) override {
    ++accepts;
    if (accepts_fail_with_emfile) return {kNoSocket, {}, EMFILE};
    if (const int error = next(failing_accepts)) return {kNoSocket, {}, error};
    return real_.accept(listener, options);
  }
  Result<SocketHandle> connect(const Address& address, const TcpOptions& options) override {
    ++connects;
    if (next(failing_connects) != 0) return Error{"scripted"};
    return real_.connect(address, options);
  }
  int connect_error(SocketHandle socket) override { return real_.connect_error(socket); }
  Address local_address(SocketHandle socket) override { return real_.local_address(socket); }

  IoResult read(SocketHandle socket, std::span<std::byte> into) override {
    ++reads;
    if (const int error = next(failing_reads)) return {0, error};
    return real_.read(socket, into.first(std::min(into.size(), max_read)));
  }
  IoResult write(SocketHandle socket, std::span<const iovec> pieces) override {
    ++writes;
    if (writes_block) return {0, EAGAIN};
    if (const int error = next(failing_writes)) return {0, error};
    if (max_write == SIZE_MAX) return real_.write(socket, pieces);
    const iovec first{pieces.front().iov_base, std::min(pieces.front().iov_len, max_write)};
    return real_.write(socket, std::span(&first, 1));
  }
  Tick since_arrival(SocketHandle /*socket*/) override { return arrived_before; }
  void finish_sending(SocketHandle socket) override { real_.finish_sending(socket); }
  void close(SocketHandle socket) override { real_.close(socket); }
  void abandon(SocketHandle socket) override {
    ++abandoned;
    real_.abandon(socket);
  }

  void watch(SocketHandle socket, Interest interest, uint64_t token) override {
    real_.watch(socket, connects_never_finish && interest == Interest::kWrite ? Interest::kNone : interest, token);
  }
  void change_watch(SocketHandle socket, Interest interest, uint64_t token) override {
    real_.change_watch(socket, interest, token);
  }
  void unwatch(SocketHandle socket) override { real_.unwatch(socket); }
  void wait(Tick timeout_ms, std::vector<Readiness>& ready) override {
    ++waits;
    if (waits_are_real) {
      real_.wait(timeout_ms, ready);
      if (writes_block) forget_writable(ready);
      return;
    }
    real_.wait(timeout_ms < 0 ? kRealLimitMs : 0, ready);
    if (ready.empty() && timeout_ms > 0) clock_.advance(timeout_ms);
  }
  void wake() override { real_.wake(); }

 private:
  // So that a test that waits for what never comes ends.
  static constexpr Tick kRealLimitMs = 10'000;

  // The kernel would take more: else the loop would turn as fast as it can, and what is to come had no time to.
  static void forget_writable(std::vector<Readiness>& ready) {
    for (Readiness& socket : ready) socket.writable = false;
    std::erase_if(ready, [](const Readiness& socket) { return !socket.readable; });
    if (ready.empty()) ::poll(nullptr, 0, 1);
  }

  static int next(std::deque<int>& script) {
    if (script.empty()) return 0;
    const int error = script.front();
    script.pop_front();
    return error;
  }

  FakeClock& clock_;
  EpollTransport real_;
};

}  // namespace talkbeat
