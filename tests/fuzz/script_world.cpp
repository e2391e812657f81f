#include "tests/fuzz/script_world.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace talkbeat::fuzz {

namespace {

constexpr size_t kRoom = 1 << 20;
constexpr Tick kMostTime = 1'200'000;  // of one input
constexpr int kMostIdleTurns = 5'000;
constexpr Tick kStoppedWithin = 10'000;

}  // namespace

void log_to_nowhere() {
  static const Status done = configure_logging({.file = "/dev/null", .rotate_size = int64_t{1} << 40});
  CHECK(done.ok());
  google::protobuf::SetLogHandler(nullptr);
}

void ScriptWorld::play(std::span<const uint8_t> script) {
  settle();
  for (const Step& step : parse_script(script)) play(step);
  hold_workers(0);
  stop();
  const Tick deadline = clock.now() + kStoppedWithin;
  while (!stopped()) {
    CHECK(clock.now() < deadline);
    turn(100);
    run_workers();
  }
  CHECK(network.open_sockets() == 0);
  check_end();
}

void ScriptWorld::play(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kPdu:
      say(step.connection, step.command, step.body);
      break;
    case Step::Kind::kRaw:
      connect(step.connection);
      raw(step.connection);
      deliver(step.connection, step.body);
      break;
    case Step::Kind::kSocket:
      socket_event(step.connection, static_cast<SocketEvent>(step.argument % kSocketEvents));
      break;
    case Step::Kind::kTime:
      if (step.argument < 128) {
        pass(Tick{1} << step.argument % 20);
      } else {
        clock.advance(Tick{1} << step.argument % 20);
      }
      break;
    case Step::Kind::kWorkers:
      hold_workers(step.argument);
      break;
    case Step::Kind::kSpecial:
      special(step.connection, step.argument);
      break;
  }
  settle();
}

void ScriptWorld::reopen(uint8_t number) {
  if (peers_[number] != nullptr) peers_[number]->finished = true;
  peers_[number] = open(number);
  if (peers_[number] != nullptr) opened(number);
}

void ScriptWorld::connect(uint8_t number) {
  if (peers_[number] == nullptr) reopen(number);
}

void ScriptWorld::deliver(uint8_t number, std::string_view bytes) {
  connect(number);
  const StreamPtr& peer = peers_[number];
  if (peer != nullptr && !peer->finished) peer->to_server += bytes;
}

void ScriptWorld::socket_event(uint8_t number, SocketEvent event) {
  StreamPtr& peer = peers_[number];
  if (event == SocketEvent::kOpen || peer == nullptr) return reopen(number);
  switch (event) {
    case SocketEvent::kOpen:
      return;
    case SocketEvent::kFinish:
      peer->finished = true;
      return;
    case SocketEvent::kReset:
      peer->reset = true;
      peer = nullptr;
      return;
    case SocketEvent::kStopReading:
      peer->room = 0;
      return;
    case SocketEvent::kReadOn:
      peer->room = kRoom;
      return;
    case SocketEvent::kSingleBytes:
      peer->max_read = 1;
      return;
    case SocketEvent::kSmallPieces:
      peer->max_read = 7;
      return;
    case SocketEvent::kWhole:
      peer->max_read = SIZE_MAX;
      return;
  }
}

size_t ScriptWorld::receive(uint8_t number) {
  const StreamPtr peer = peers_[number];
  if (peer == nullptr || peer->room == 0) return 0;
  const std::string bytes = std::exchange(peer->from_server, {});
  if (!bytes.empty()) hear(number, bytes);
  if (peer->server_closed && peers_[number] == peer) peers_[number] = nullptr;
  return bytes.size();
}

size_t ScriptWorld::receive_all() {
  size_t bytes = 0;
  for (uint8_t number = 0; number < kConnections; ++number) bytes += receive(number);
  return bytes;
}

// Until nothing more happens, twice.
void ScriptWorld::settle() {
  for (int calm = 0; calm < 2;) {
    const size_t before = network.unread_bytes();
    turn(0);
    run_workers();
    calm = receive_all() == 0 && network.unread_bytes() == before ? calm + 1 : 0;
  }
}

void ScriptWorld::pass(Tick ms) {
  ms = std::min(ms, kMostTime - passed_);
  passed_ += ms;
  const Tick end = clock.now() + ms;
  while (clock.now() < end) {
    turn(end - clock.now());
    run_workers();
    receive_all();
  }
}

// A loop that turns and turns while no time passes, and reads nothing, is one that burns a core.
void ScriptWorld::turn(Tick max_wait) {
  const Tick before = clock.now();
  const size_t unread = network.unread_bytes();
  loop.turn(max_wait);
  const bool idle = clock.now() == before && network.unread_bytes() == unread && max_wait > 0;
  idle_turns_ = idle ? idle_turns_ + 1 : 0;
  CHECK(idle_turns_ < kMostIdleTurns);
}

}  // namespace talkbeat::fuzz

// Of every target that plays scripts.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  talkbeat::fuzz::log_to_nowhere();
  return 0;
}
