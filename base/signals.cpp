#include "base/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "base/check.h"

namespace talkbeat {

Signals::Signals(EventLoop& loop, std::initializer_list<int> numbers, std::function<void(int)> on_signal)
    : loop_(loop), on_signal_(std::move(on_signal)) {
  CHECK(std::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  CHECK(std::signal(SIGXFSZ, SIG_IGN) != SIG_ERR);  // past a limit on file sizes a write is to fail, not to kill
  ::sigemptyset(&set_);
  for (const int number : numbers) ::sigaddset(&set_, number);
  CHECK(::pthread_sigmask(SIG_BLOCK, &set_, nullptr) == 0);
  fd_ = ::signalfd(-1, &set_, SFD_NONBLOCK | SFD_CLOEXEC);
  CHECK(fd_ >= 0);
  watch_ = loop_.watch(fd_, Interest::kRead, *this);
}

Signals::~Signals() {
  loop_.unwatch(fd_, watch_);
  ::close(fd_);
  ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
}

void Signals::on_ready(bool /*readable*/, bool /*writable*/) {
  signalfd_siginfo info{};
  while (::read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    on_signal_(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace talkbeat
