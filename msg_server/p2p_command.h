#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "msg_server/store/records.h"

namespace talkbeat {

/// An IMP2PCmdMsg ("is typing") that is only passed on: its text stays where it has arrived, and the PDU for the
/// receivers is written straight to where it waits to be sent. So a command costs no allocation. A pure core.
///
///   if (auto command = p2p_command_in(body)) {
///     command->from = session.user;
///     command->write_pdu(connection.send_in_place(command->pdu_size()));
///   }
struct P2pCommand {
  UserId from = 0;
  UserId to = 0;
  std::string_view data;

  /// With the header.
  size_t pdu_size() const;
  void write_pdu(std::span<std::byte> into) const;
};

/// The one in a PDU's body, as it lies there. Nothing: it is not encoded as it usually is; the protobuf library knows
/// whether it is one.
std::optional<P2pCommand> p2p_command_in(std::span<const std::byte> body);

}  // namespace talkbeat
