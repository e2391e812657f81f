#include "tests/scenario/wire_client.h"

#include <array>

#include "base/wire_password.h"

namespace talkbeat::scenario {
namespace {

constexpr size_t kMaxPdu = 16 << 20;

std::string hexadecimal(uint16_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[(number >> shift) & 0xf];
  return text;
}

}  // namespace

std::string encode(const PduHeader& header, std::string_view body) {
  std::array<std::byte, kPduHeaderSize> bytes;
  encode_header(header, bytes);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()).append(body);
}

std::string encode(uint16_t command, uint16_t seq_num, std::string_view body) {
  PduHeader header;
  header.length = static_cast<uint32_t>(kPduHeaderSize + body.size());
  header.service_id = service_of(command);
  header.command_id = command;
  header.seq_num = seq_num;
  return encode(header, body);
}

std::string shown(const Pdu& pdu) {
  std::string text = hexadecimal(pdu.header.command_id) + " seq=" + std::to_string(pdu.header.seq_num);
  TbError error;
  if (pdu.header.command_id == kCommandOf<TbError> && error.ParseFromString(pdu.body)) {
    text += " (" + error.ShortDebugString() + ")";
  }
  return text;
}

TbError WireClient::expect_error(ErrorCode code, std::optional<uint16_t> seq, milliseconds timeout) {
  const auto error = parse<TbError>(take(kCommandOf<TbError>, seq, timeout));
  if (error.code() != code) {
    throw Unexpected("instead of " + ErrorCode_Name(code) + ": " + error.ShortDebugString());
  }
  return error;
}

milliseconds WireClient::expect_close(milliseconds timeout) {
  const Deadline deadline(timeout);
  while (!closed_) {
    if (receive(deadline) == Arrival::kTimeout) {
      throw Unexpected("the server has not closed within " + std::to_string(timeout.count()) + " ms; " + seen());
    }
  }
  return timeout - deadline.left();
}

void WireClient::sync() {
  ask<IM::Message::IMClientTimeRsp>(IM::Message::IMClientTimeReq());
}

IM::Login::IMLoginRes WireClient::log_in(const std::string& name, IM::BaseDefine::ClientType type,
                                         std::string_view password) {
  const auto answer = try_log_in(name, password, type);
  if (answer.result_code() != IM::BaseDefine::REFUSE_REASON_NONE) {
    throw Unexpected("the login of " + name + " was refused: " + answer.ShortDebugString());
  }
  user_id_ = answer.user_info().user_id();
  return answer;
}

IM::Login::IMLoginRes WireClient::try_log_in(const std::string& name, std::string_view password,
                                             IM::BaseDefine::ClientType type) {
  IM::Login::IMLoginReq request;
  request.set_user_name(name);
  request.set_password(wire_password(password));
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(type);
  const uint16_t seq = send(request);
  // A TbError may come before the answer: it says why a login is refused that was not looked at.
  while (true) {
    if (auto answer = find(kCommandOf<IM::Login::IMLoginRes>, seq)) return parse<IM::Login::IMLoginRes>(*answer);
    if (receive(Deadline(kPatience)) != Arrival::kPdu) throw Unexpected("no answer to a login; " + seen());
  }
}

uint16_t WireClient::send_text(uint32_t to, std::string_view text, uint64_t key) {
  IM::Message::IMMsgData message;
  message.set_from_user_id(user_id_);
  message.set_to_session_id(to);
  message.set_msg_id(0);
  message.set_create_time(0);
  message.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  message.set_msg_data(std::string(text));
  if (key != 0) message.set_client_msg_key(key);
  return send(message);
}

IM::Message::IMMsgDataAck WireClient::tell(uint32_t to, std::string_view text, uint64_t key) {
  const uint16_t seq = send_text(to, text, key);
  return expect<IM::Message::IMMsgDataAck>(seq);
}

Pdu WireClient::take(uint16_t command, std::optional<uint16_t> seq, milliseconds timeout) {
  const Deadline deadline(timeout);
  while (true) {
    if (auto pdu = find(command, seq)) return *pdu;
    if (seq && command != kCommandOf<TbError>) {
      if (auto refusal = find(kCommandOf<TbError>, seq)) throw Unexpected("refused: " + shown(*refusal));
    }
    const Arrival arrival = closed_ ? Arrival::kClosed : receive(deadline);
    if (arrival == Arrival::kPdu) continue;
    throw Unexpected((arrival == Arrival::kClosed ? "closed" : "too late") + std::string(", no ") +
                     hexadecimal(command) + "; " + seen());
  }
}

std::optional<Pdu> WireClient::find(uint16_t command, std::optional<uint16_t> seq) {
  for (auto pdu = inbox_.begin(); pdu != inbox_.end(); ++pdu) {
    if (pdu->header.command_id != command || (seq && pdu->header.seq_num != *seq)) continue;
    Pdu found = std::move(*pdu);
    inbox_.erase(pdu);
    return found;
  }
  return std::nullopt;
}

// One or more PDUs, where it says kPdu.
WireClient::Arrival WireClient::receive(const Deadline& deadline) {
  const size_t before = inbox_.size();
  while (inbox_.size() == before) {
    std::string bytes;
    const RawSocket::Event event = socket_.read(bytes, deadline);
    if (event == RawSocket::Event::kTimeout) return Arrival::kTimeout;
    if (event == RawSocket::Event::kClosed) {
      closed_ = true;
      return Arrival::kClosed;
    }
    const auto outcome = framer_.feed(
        std::as_bytes(std::span(bytes)), [] { return kMaxPdu; },
        [&](const PduHeader& header, std::span<const std::byte> body) {
          inbox_.push_back({header, std::string(reinterpret_cast<const char*>(body.data()), body.size())});
          return true;
        });
    if (outcome != PduFramer::Outcome::kOk) throw Unexpected("the server sent a PDU of a wrong length");
  }
  return Arrival::kPdu;
}

std::string WireClient::seen() const {
  std::string text = "unexpected so far:";
  for (const Pdu& pdu : inbox_) text += " " + shown(pdu);
  return inbox_.empty() ? "nothing else came" : text;
}

}  // namespace talkbeat::scenario
