#include "tools/talkload/process_channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace talkbeat::load {

namespace {

constexpr size_t kHeadSize = sizeof(uint32_t) + 1;

}  // namespace

ProcessChannel::ProcessChannel(ProcessChannel&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

ProcessChannel::~ProcessChannel() {
  if (fd_ >= 0) ::close(fd_);
}

bool ProcessChannel::tell(Word word, std::string_view text) {
  std::string bytes(kHeadSize, '\0');
  const auto size = static_cast<uint32_t>(text.size());
  std::memcpy(bytes.data(), &size, sizeof size);
  bytes[sizeof size] = static_cast<char>(word);
  bytes += text;
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t done = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    sent += static_cast<size_t>(done);
  }
  return true;
}

bool ProcessChannel::receive() {
  std::array<char, 65'536> buffer;
  while (true) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      received_.append(buffer.data(), static_cast<size_t>(got));
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
}

std::optional<Told> ProcessChannel::next() {
  uint32_t size = 0;
  if (received_.size() < kHeadSize) return std::nullopt;
  std::memcpy(&size, received_.data(), sizeof size);
  if (received_.size() < kHeadSize + size) return std::nullopt;
  Told told{static_cast<Word>(received_[sizeof size]), received_.substr(kHeadSize, size)};
  received_.erase(0, kHeadSize + size);
  return told;
}

}  // namespace talkbeat::load
