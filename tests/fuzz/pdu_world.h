#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/pdu.h"
#include "proto/command_of.h"
#include "tests/fuzz/script_world.h"

namespace talkbeat::fuzz {

/// A ScriptWorld whose peers speak PDUs. Whatever the server sends has to be whole PDUs with a right header and a body
/// that parses.
class PduWorld : public ScriptWorld {
 protected:
  /// A PDU has come, and is well formed.
  virtual void heard(uint8_t /*number*/, const PduHeader& /*header*/, const std::string& /*body*/) {}

  /// False: what comes there is what another peer has made, and only has to be whole PDUs.
  virtual bool makes_own_pdus(uint8_t /*number*/) const { return true; }

  /// Of the PDU that is said next. Servers' peers count; a client's server answers.
  virtual uint16_t next_seq(uint8_t number) { return ++peers_[number].seq_num; }

  /// One PDU from peer `number`, with the values in place of the placeholders.
  void say(uint8_t number, uint16_t command, const std::string& body) override;
  template <class Message>
  void say(uint8_t number, const Message& message) {
    say(number, kCommandOf<Message>, message.SerializeAsString());
  }

  std::string task_id;  ///< instead of kTaskPlaceholder
  std::string token;    ///< instead of kTokenPlaceholder

 private:
  struct Peer {
    PduFramer framer;
    uint16_t seq_num = 0;
  };

  void opened(uint8_t number) override { peers_[number] = {}; }
  void hear(uint8_t number, std::string_view bytes) override;

  std::array<Peer, kConnections> peers_;
};

}  // namespace talkbeat::fuzz
