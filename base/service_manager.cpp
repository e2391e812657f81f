#include "base/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace talkbeat {

namespace {

// The manager counts to WATCHDOG_USEC: a beat may be late, or not taken by a manager that has much to do, and the next
// one still comes in time.
constexpr Tick kBeatsPerTimeout = 3;
constexpr int64_t kMicroseconds = 1'000;

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

// '@' stands for the zero byte that the name of an abstract socket begins with.
bool is_socket_name(const std::string& name) {
  return name.size() >= 2 && name.size() < sizeof(sockaddr_un::sun_path) && (name[0] == '/' || name[0] == '@');
}

int64_t number_in(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

ServiceManager::ServiceManager(TimerList& timers)
    : name_(take_variable("NOTIFY_SOCKET")), watchdog_(timers, [this] { send("WATCHDOG=1"); }) {
  if (is_socket_name(name_)) socket_ = FileHandle(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const Tick timeout_ms = number_in(take_variable("WATCHDOG_USEC")) / kMicroseconds;
  const std::string watched = take_variable("WATCHDOG_PID");
  if (watched.empty() || number_in(watched) == ::getpid()) watchdog_ms_ = timeout_ms / kBeatsPerTimeout;
}

void ServiceManager::ready(std::string_view status) {
  send("READY=1\nSTATUS=" + std::string(status));
  if (watchdog_ms_ > 0) watchdog_.start_every(watchdog_ms_);
}

void ServiceManager::stopping(std::string_view status, Tick wait_ms) {
  send("STOPPING=1\nSTATUS=" + std::string(status) +
       "\nEXTEND_TIMEOUT_USEC=" + std::to_string(wait_ms * kMicroseconds));
}

// By its name each time: a manager that was itself started again has another socket under it.
void ServiceManager::send(const std::string& message) const {
  if (!socket_.valid()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name_.data(), name_.size());
  if (name_[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
  (void)!::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace talkbeat
