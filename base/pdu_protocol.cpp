#include "base/pdu_protocol.h"

#include "base/log.h"

namespace talkbeat {

namespace {

PduHeader header_of(uint16_t command, uint16_t seq_num, size_t body_size) {
  PduHeader header;
  header.length = static_cast<uint32_t>(kPduHeaderSize + body_size);
  header.service_id = service_of(command);
  header.command_id = command;
  header.seq_num = seq_num;
  return header;
}

void write_pdu(const PduHeader& header, const google::protobuf::MessageLite& body, std::span<std::byte> into) {
  encode_header(header, into);
  body.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(into.data() + kPduHeaderSize));
}

bool is_fault(const Verdict& verdict) {
  return verdict.code == ERROR_MALFORMED || verdict.code == ERROR_UNKNOWN_COMMAND || verdict.code == ERROR_NOT_ALLOWED;
}

}  // namespace

void send_pdu(Connection& connection, uint16_t command, uint16_t seq_num, const google::protobuf::MessageLite& body) {
  const size_t body_size = body.ByteSizeLong();
  const std::span<std::byte> room = connection.send_in_place(kPduHeaderSize + body_size);
  if (!room.empty()) write_pdu(header_of(command, seq_num, body_size), body, room);
}

SharedBytes encode_pdu(uint16_t command, uint16_t seq_num, const google::protobuf::MessageLite& body) {
  const size_t body_size = body.ByteSizeLong();
  SharedBytes pdu(kPduHeaderSize + body_size);
  write_pdu(header_of(command, seq_num, body_size), body, pdu.bytes());
  return pdu;
}

void send_error(Connection& connection, const PduHeader& header, const Verdict& refusal) {
  TbError error;
  error.set_service_id(header.service_id);
  error.set_command_id(header.command_id);
  error.set_seq_num(header.seq_num);
  error.set_code(refusal.code);
  error.set_text(refusal.text);
  if (refusal.retry_after_ms > 0) error.set_retry_after_ms(refusal.retry_after_ms);
  send_pdu(connection, error, header.seq_num);
}

void PduProtocol::on_bytes(Connection& connection, std::span<const std::byte> bytes) {
  auto& peer = connection.attachment<PduPeer>();
  const auto limit = [&peer] { return peer.max_pdu; };
  bool completed = false;
  const auto handle = [&](const PduHeader& header, std::span<const std::byte> body) {
    completed = true;
    act_on(connection, header, on_pdu(connection, header, body));
    arena_.Reset();
    return !connection.closing();
  };
  if (peer.framer.feed(bytes, limit, handle) == PduFramer::Outcome::kBadLength) {
    log_warn("bad_pdu_length", {{"conn", connection.id()},
                                {"peer", connection.peer().to_string()},
                                {"length", peer.framer.bad_length()},
                                {"limit", peer.max_pdu}});
    connection.close(CloseReason::kProtocolError);
  }
  if (!connection.closing() && connection.liveness() != nullptr) {
    // What is open now began after the one that was completed: its own time counts.
    if (completed) connection.liveness()->partial(connection, false, connection.now());
    connection.liveness()->partial(connection, peer.framer.partial(), connection.now());
  }
}

void PduProtocol::act_on(Connection& connection, const PduHeader& header, const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::kHandled:
      return;
    case Verdict::Kind::kClose:
      connection.close(verdict.reason);
      return;
    case Verdict::Kind::kRefused:
      break;
  }
  if (connection.closing()) return;
  send_error(connection, header, verdict);
  auto& peer = connection.attachment<PduPeer>();
  if (is_fault(verdict) && ++peer.faults >= kMaxFaults) connection.close(CloseReason::kMalformed);
}

}  // namespace talkbeat
