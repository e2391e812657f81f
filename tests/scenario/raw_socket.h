#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/scenario/deadline.h"

namespace talkbeat::scenario {

/// A TCP connection, with deadlines. It belongs to the network namespace of the thread that makes it.
class RawSocket {
 public:
  enum class Event : uint8_t { kBytes, kClosed, kTimeout };

  /// Throws where nobody listens.
  explicit RawSocket(uint16_t port, milliseconds timeout = kPatience, const std::string& host = "127.0.0.1");
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  /// All of it; throws where the peer has closed or does not read.
  void write(std::string_view bytes, const Deadline& deadline);
  /// As much as the peer takes; false: it has closed.
  bool try_write(std::string_view bytes, const Deadline& deadline);
  /// Appends what has come. A reset counts as closed.
  Event read(std::string& into, const Deadline& deadline);
  /// The end of our stream; the other direction stays open.
  void finish_writing();
  /// Closes with a reset instead of a goodbye.
  void reset();

  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace talkbeat::scenario
