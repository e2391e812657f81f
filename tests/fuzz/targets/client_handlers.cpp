// What up to four clients may send to a msg_server: each handler in each phase of a connection, with the store, the
// password check and the online file transfers behind them. The input is a script for ClientWorld.

#include "tests/fuzz/client_world.h"
#include "tests/fuzz/script_mutator.h"

namespace talkbeat::fuzz {

std::span<const uint16_t> script_commands() {
  return client_commands();
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  ClientWorld(MsgServerGround::config()).play({data, size});
  return 0;
}
