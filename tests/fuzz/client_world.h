#pragma once

#include <string>

#include "base/check.h"
#include "tests/fuzz/msg_server_world.h"
#include "tests/fuzz/pdu_world.h"

namespace talkbeat::fuzz {

/// A whole msg_server, and up to four clients of it. The special step logs in as it should be: argument % 3 says who,
/// argument / 3 with which client; from 192 on with the last session token instead of the password. At the end every
/// message that was taken can be accounted for.
class ClientWorld final : public PduWorld {
 public:
  explicit ClientWorld(const MsgServerConfig& config);

 private:
  StreamPtr open(uint8_t number) override;
  void run_workers() override { ground_.run(); }
  void hold_workers(uint8_t bits) override { ground_.hold(bits); }
  void special(uint8_t number, uint8_t argument) override;
  void heard(uint8_t number, const PduHeader& header, const std::string& body) override;
  void stop() override { server_.stop(); }
  bool stopped() const override { return server_.stopped(); }
  void check_end() override { CHECK(balanced(server_.ledger())); }

  const MsgServerConfig config_;
  MsgServerGround ground_{loop, clock};
  MsgServer server_;
};

/// What a client may send.
std::span<const uint16_t> client_commands();

}  // namespace talkbeat::fuzz
