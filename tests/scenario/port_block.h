#pragma once

#include <cstdint>

namespace talkbeat::scenario {

/// 300 ports that nobody listens on, and that no other test takes while this lives: tests run side by side. Below the
/// range that the kernel gives out for outgoing connections.
///
///   PortBlock ports;
///   start_cluster("--port-base", std::to_string(ports.base()));
class PortBlock {
 public:
  static constexpr int kSize = 300;

  /// Throws where none is free.
  PortBlock();
  ~PortBlock();
  PortBlock(const PortBlock&) = delete;
  PortBlock& operator=(const PortBlock&) = delete;

  int base() const { return base_; }

 private:
  bool claim(int base);

  int base_ = 0;
  int lock_ = -1;
};

/// A listener on a port, to be in the way. Throws where it cannot listen.
class TakenPort {
 public:
  explicit TakenPort(int port);
  ~TakenPort();
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace talkbeat::scenario
