// Port 8008 of a login_server: strangers who ask for a msg_server. The input is a script.

#include "base/check.h"
#include "tests/fuzz/login_server_world.h"
#include "tests/fuzz/script_mutator.h"

namespace talkbeat::fuzz {

std::span<const uint16_t> script_commands() {
  static constexpr std::array kCommands{kCommandOf<IM::Login::IMMsgServReq>, kCommandOf<IM::Other::IMHeartBeat>};
  return kCommands;
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using World = talkbeat::fuzz::LoginServerWorld<talkbeat::fuzz::PduWorld>;
  World(World::small_config().client.listen.port).play({data, size});
  return 0;
}
