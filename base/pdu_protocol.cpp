#include "base/pdu_protocol.h"

#include "base/go_away.h"
#include "base/log.h"

namespace talkbeat {

namespace {

void write_pdu(const PduHeader& header, const google::protobuf::MessageLite& body, std::span<std::byte> into) {
  encode_header(header, into);
  body.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(into.data() + kPduHeaderSize));
}

bool is_heartbeat(uint16_t command) {
  return command == IM::BaseDefine::CID_OTHER_HEARTBEAT;
}

void log_heartbeat(const char* event, const Connection& connection) {
  const Liveness* rule = connection.liveness();
  if (rule == nullptr || !rule->policy().log_heartbeats) return;
  log_info(event, {{"conn", connection.id()}, {"role", connection.protocol().role()}, {"who", connection.subject()}});
}

void send_as(Traffic traffic, Connection& connection, uint16_t command, uint16_t seq_num,
             const google::protobuf::MessageLite& body) {
  const size_t body_size = body.ByteSizeLong();
  const std::span<std::byte> room = connection.send_in_place(kPduHeaderSize + body_size, traffic);
  if (!room.empty()) write_pdu(header_of(command, seq_num, body_size), body, room);
}

// For the keepalive rule. False: it was one heartbeat too many.
bool note_received(Connection& connection, uint16_t command) {
  Liveness* rule = connection.liveness();
  if (rule == nullptr) return true;
  if (!is_heartbeat(command)) {
    rule->active(connection, connection.now());
    return true;
  }
  log_heartbeat("heartbeat_received", connection);
  return rule->ping(connection, connection.now());
}

bool is_fault(const Verdict& verdict) {
  return verdict.code == ERROR_MALFORMED || verdict.code == ERROR_UNKNOWN_COMMAND || verdict.code == ERROR_NOT_ALLOWED;
}

}  // namespace

PduHeader header_of(uint16_t command, uint16_t seq_num, size_t body_size) {
  PduHeader header;
  header.length = static_cast<uint32_t>(kPduHeaderSize + body_size);
  header.service_id = service_of(command);
  header.command_id = command;
  header.seq_num = seq_num;
  return header;
}

void send_pdu(Connection& connection, uint16_t command, uint16_t seq_num, const google::protobuf::MessageLite& body) {
  send_as(is_heartbeat(command) ? Traffic::kHeartbeat : Traffic::kData, connection, command, seq_num, body);
  if (is_heartbeat(command)) log_heartbeat("heartbeat_sent", connection);
}

void send_heartbeat(Connection& connection, uint16_t seq_num) {
  const std::span<std::byte> room = connection.send_in_place(kPduHeaderSize, Traffic::kHeartbeat);
  if (!room.empty()) encode_header(header_of(kCommandOf<IM::Other::IMHeartBeat>, seq_num, 0), room);
  log_heartbeat("heartbeat_sent", connection);
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
  // What refuses a heartbeat must not clear the strikes.
  const Traffic traffic = is_heartbeat(header.command_id) ? Traffic::kHeartbeat : Traffic::kData;
  send_as(traffic, connection, kCommandOf<TbError>, header.seq_num, error);
}

void send_go_away(Connection& connection, const TbGoAway& notice) {
  connection.attachment<PduPeer>().told = notice.reason();
  send_as(Traffic::kHeartbeat, connection, kCommandOf<TbGoAway>, 0, notice);
}

void PduProtocol::on_bytes(Connection& connection, std::span<const std::byte> bytes) {
  auto& peer = connection.attachment<PduPeer>();
  const auto limit = [&peer] { return peer.max_pdu; };
  bool completed = false;
  const auto handle = [&](const PduHeader& header, std::span<const std::byte> body) {
    completed = true;
    if (!note_received(connection, header.command_id)) {
      connection.close(CloseReason::kTooManyPings);
      return false;
    }
    act_on(connection, header, on_pdu(connection, header, body));
    return !connection.closing();
  };
  if (peer.framer.feed(bytes, limit, handle) == PduFramer::Outcome::kBadLength) {
    log_warn("bad_pdu_length", {{"conn", connection.id()},
                                {"peer", connection.peer().to_string()},
                                {"length", peer.framer.bad_length()},
                                {"limit", peer.max_pdu}});
    connection.close(CloseReason::kProtocolError);
  }
  note_completed(connection, completed);
}

// What is open now began after the one that was completed: its own time counts.
void PduProtocol::note_completed(Connection& connection, bool completed) const {
  Liveness* rule = connection.liveness();
  if (connection.closing() || rule == nullptr) return;
  if (completed) rule->partial(connection, false, connection.now());
  rule->partial(connection, connection.attachment<PduPeer>().framer.partial(), connection.now());
}

void PduProtocol::tell_why(Connection& connection, CloseReason reason) {
  const auto why = go_away_reason_of(reason);
  if (!why || connection.attachment<PduPeer>().told == why || !takes_go_away(connection)) return;
  TbGoAway notice;
  notice.set_reason(*why);
  notice.set_text(words_for(*why));
  send_go_away(connection, notice);
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
