#pragma once

#include <google/protobuf/arena.h>

#include <array>
#include <optional>

#include "base/connection_table.h"
#include "base/dispatch.h"
#include "base/pdu.h"

namespace talkbeat {

/// What a PDU connection keeps; roles derive from it for what is theirs. There are as many as connections: what is
/// small stands in the gaps behind what is large.
struct PduPeer : Attachment {
  [[no_unique_address]] PduFramer framer;
  uint8_t faults = 0;                ///< PDUs refused as malformed, unknown or not allowed
  std::optional<GoAwayReason> told;  ///< what the last TbGoAway said
  size_t max_pdu = 16 * 1024;        ///< bytes; the role raises it once the peer is known

  /// It is still served, and is to find another place meanwhile.
  bool asked_to_move() const { return told == GO_AWAY_DRAIN || told == GO_AWAY_MAX_AGE; }
};

/// The header of a PDU whose body has so many bytes.
PduHeader header_of(uint16_t command, uint16_t seq_num, size_t body_size);

/// Appends one PDU to what the connection will send: header and body in one piece, without a copy.
void send_pdu(Connection& connection, uint16_t command, uint16_t seq_num, const google::protobuf::MessageLite& body);
template <class Message>
void send_pdu(Connection& connection, const Message& body, uint16_t seq_num = 0) {
  static_assert(kCommandOf<Message> != 0, "this message is no PDU");
  send_pdu(connection, kCommandOf<Message>, seq_num, body);
}

/// A heartbeat that says nothing else: 16 bytes of header. Idle connections send and get nothing but these, each one
/// with cold caches, so protobuf is left out of it.
void send_heartbeat(Connection& connection, uint16_t seq_num = 0);

/// Encodes a PDU once, for several receivers.
SharedBytes encode_pdu(uint16_t command, uint16_t seq_num, const google::protobuf::MessageLite& body);
template <class Message>
SharedBytes encode_pdu(const Message& body, uint16_t seq_num = 0) {
  static_assert(kCommandOf<Message> != 0, "this message is no PDU");
  return encode_pdu(kCommandOf<Message>, seq_num, body);
}

/// Answers the PDU of `header` with TbError.
void send_error(Connection& connection, const PduHeader& header, const Verdict& refusal);

/// Tells the peer that this connection will end, and why.
void send_go_away(Connection& connection, const TbGoAway& notice);

/// A role that speaks PDUs: turns bytes into PDUs, hands each to on_pdu(), and does what the verdict says. Three faults
/// (PDUs that do not parse or that this peer may not send) close a connection: PROTOCOL.md, "Framing". Tells heartbeats
/// from other PDUs for the keepalive rule, and the peer by TbGoAway why it is closed.
class PduProtocol : public Protocol {
 public:
  /// The attachment must be a PduPeer (or derived from it) before the first bytes come.
  void on_bytes(Connection& connection, std::span<const std::byte> bytes) final;
  void tell_why(Connection& connection, CloseReason reason) final;

  static constexpr uint8_t kMaxFaults = 3;

 protected:
  ~PduProtocol() = default;

  virtual Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) = 0;
  /// Whether the peer may be told why it is closed.
  virtual bool takes_go_away(const Connection& /*connection*/) const { return true; }

  /// What is answered to a command that is not in the table, or that is not for this phase.
  struct Denials {
    Verdict unknown = Verdict::refused(ERROR_UNKNOWN_COMMAND, "no such command here");
    Verdict wrong_phase = Verdict::refused(ERROR_NOT_ALLOWED, "not allowed now");
  };

  /// Looks the command up, checks that `phase` may send it, parses it, and calls its handler.
  template <class Context, size_t n, class Phase>
  Verdict dispatch(const std::array<Route<Context>, n>& routes, Context& context, Phase phase, const Denials& denials,
                   const PduHeader& header, std::span<const std::byte> body) {
    const Route<Context>* found = find_route(routes, header);
    if (found == nullptr) return denials.unknown;
    if ((found->phases & in({phase})) == 0) return denials.wrong_phase;
    return found->handle(context, header, body, arena_);
  }

 private:
  void act_on(Connection& connection, const PduHeader& header, const Verdict& verdict);
  void note_completed(Connection& connection, bool completed) const;

  // Messages are parsed into this and thrown away together: no allocation for small ones.
  alignas(8) std::array<char, 16 * 1024> arena_block_;
  google::protobuf::Arena arena_{arena_block_.data(), arena_block_.size()};
};

}  // namespace talkbeat
