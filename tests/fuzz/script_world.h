#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "tests/fuzz/memory_transport.h"
#include "tests/fuzz/script.h"

namespace talkbeat::fuzz {

/// A server in memory and up to four peers that do to it what a script says. Checked on the way: the server does not
/// spin, and what waits for a peer that does not read is the transport's, which is bounded. At the end it has to stop
/// in good order, without an open socket. A broken promise ends the process (CHECK). One thread; made anew for each
/// input, so that an input always does the same.
///
///   class LoginWorld final : public PduWorld { … };  // or HttpWorld
///   LoginWorld().play(data);
class ScriptWorld {
 public:
  virtual ~ScriptWorld() = default;

  void play(std::span<const uint8_t> script);

 protected:
  /// Connection `number` is (re)opened; nullptr: it cannot be now.
  virtual StreamPtr open(uint8_t number) = 0;
  /// After open(): what was known of this number's last connection is void.
  virtual void opened(uint8_t number) = 0;
  /// Step::Kind::kPdu.
  virtual void say(uint8_t number, uint16_t command, const std::string& body) = 0;
  /// Step::Kind::kRaw: such bytes are about to be sent.
  virtual void raw(uint8_t /*number*/) {}
  /// What the server has sent.
  virtual void hear(uint8_t number, std::string_view bytes) = 0;
  /// What the server's workers have to do is done, as far as they are not held.
  virtual void run_workers() {}
  /// Step::Kind::kWorkers.
  virtual void hold_workers(uint8_t /*bits*/) {}
  /// Step::Kind::kSpecial.
  virtual void special(uint8_t /*number*/, uint8_t /*argument*/) {}
  /// Begins to stop the server; afterwards stopped() becomes true.
  virtual void stop() = 0;
  virtual bool stopped() const = 0;
  /// The server has stopped: what must hold of it then.
  virtual void check_end() {}

  /// Opens the connection where it is not open.
  void connect(uint8_t number);
  /// The same, and then the bytes.
  void deliver(uint8_t number, std::string_view bytes);
  /// All that has been sent is handled, and what is answered has been heard.
  void settle();
  void pass(Tick ms);

  FakeClock clock;
  MemoryTransport network{clock};
  EventLoop loop{clock, network};

 private:
  void play(const Step& step);
  void reopen(uint8_t number);
  void socket_event(uint8_t number, SocketEvent event);
  size_t receive(uint8_t number);
  size_t receive_all();
  void turn(Tick max_wait);

  std::array<StreamPtr, kConnections> peers_;
  Tick passed_ = 0;
  int idle_turns_ = 0;
};

/// As a config has it, log lines are made and thrown away: what peers are called goes through the escaping. Targets
/// that play scripts begin with it (LLVMFuzzerInitialize, in script_world.cpp).
void log_to_nowhere();

}  // namespace talkbeat::fuzz
