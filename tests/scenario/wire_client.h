#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/pdu.h"
#include "proto/command_of.h"
#include "tests/scenario/raw_socket.h"

namespace talkbeat::scenario {

/// What the tests' users type.
inline constexpr std::string_view kPassword = "secret";

struct Pdu {
  PduHeader header;
  std::string body;
};

/// A whole PDU as it goes over the wire, and one with a header of one's own making.
std::string encode(const PduHeader& header, std::string_view body);
std::string encode(uint16_t command, uint16_t seq_num, std::string_view body);
template <class M>
std::string encode(const M& message, uint16_t seq_num) {
  return encode(kCommandOf<M>, seq_num, message.SerializePartialAsString());
}

/// "IMMsgData seq=7" for what a test says when it fails.
std::string shown(const Pdu& pdu);

/// A client that does nothing by itself: blocking, one thread, every wait with a deadline. What arrives and is not what
/// one waits for is kept, in order, until one does. Throws Unexpected, which fails the test with a line that says what.
///
///   WireClient alice(cluster.client_port("msg_server_0"));
///   alice.log_in("alice");
///   const uint16_t seq = alice.send(request);
///   const auto answer = alice.expect<IM::Message::IMClientTimeRsp>(seq);
class WireClient {
 public:
  explicit WireClient(uint16_t port, const std::string& host = "127.0.0.1") : socket_(port, kPatience, host) {}

  /// Returns the seq_num: 1, 2, 3, … Missing required fields are sent as missing.
  template <class M>
  uint16_t send(const M& message) {
    send_raw(encode(message, ++seq_));
    return seq_;
  }
  void send_raw(std::string_view bytes) { socket_.write(bytes, Deadline(kPatience)); }
  uint16_t next_seq() { return ++seq_; }

  /// The next M, with this seq_num where one is given. Where that seq_num was refused with TbError, throws at once.
  template <class M>
  M expect(std::optional<uint16_t> seq = {}, milliseconds timeout = kPatience) {
    return parse<M>(take(kCommandOf<M>, seq, timeout));
  }
  template <class Answer, class Request>
  Answer ask(const Request& request) {
    const uint16_t seq = send(request);
    return expect<Answer>(seq);
  }
  /// The refusal of a request; throws where it has another code.
  TbError expect_error(ErrorCode code, std::optional<uint16_t> seq = {}, milliseconds timeout = kPatience);

  /// How long it took until the server had closed; throws where it has not in time. What came before is kept.
  milliseconds expect_close(milliseconds timeout = kPatience);
  bool closed() const { return closed_; }

  /// Returns when all that the server had for us when it read this has arrived. Only after the login.
  void sync();
  /// After sync(): how many of M have come and were not expected yet.
  template <class M>
  size_t waiting() const {
    size_t count = 0;
    for (const Pdu& pdu : inbox_) count += pdu.header.command_id == kCommandOf<M> ? 1 : 0;
    return count;
  }
  const std::deque<Pdu>& inbox() const { return inbox_; }

  /// Logs in and must succeed.
  IM::Login::IMLoginRes log_in(const std::string& name,
                               IM::BaseDefine::ClientType type = IM::BaseDefine::CLIENT_TYPE_WINDOWS,
                               std::string_view password = kPassword);
  /// Logs in and returns the answer, whatever it is.
  IM::Login::IMLoginRes try_log_in(const std::string& name, std::string_view password,
                                   IM::BaseDefine::ClientType type = IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  uint32_t user_id() const { return user_id_; }

  /// Sends a text; returns the seq_num without waiting for the ack. `key` 0: no client_msg_key.
  uint16_t send_text(uint32_t to, std::string_view text, uint64_t key = 0);
  /// Sends a text and waits for its ack.
  IM::Message::IMMsgDataAck tell(uint32_t to, std::string_view text, uint64_t key = 0);

  RawSocket& socket() { return socket_; }

 private:
  enum class Arrival : uint8_t { kPdu, kClosed, kTimeout };

  template <class M>
  static M parse(const Pdu& pdu) {
    M message;
    if (!message.ParseFromString(pdu.body)) throw Unexpected(shown(pdu) + " does not parse");
    return message;
  }
  Pdu take(uint16_t command, std::optional<uint16_t> seq, milliseconds timeout);
  std::optional<Pdu> find(uint16_t command, std::optional<uint16_t> seq);
  Arrival receive(const Deadline& deadline);
  std::string seen() const;

  RawSocket socket_;
  PduFramer framer_;
  std::deque<Pdu> inbox_;
  uint16_t seq_ = 0;
  uint32_t user_id_ = 0;
  bool closed_ = false;
};

}  // namespace talkbeat::scenario
