#pragma once

#include <functional>
#include <map>
#include <string>

#include "tools/client/client_network.h"

namespace talkbeat {

/// The logged-in connection for those who send on it: numbers what is sent, brings each answer to who asked, and
/// notices a server that does not answer: an answer is due, and for `response_timeout` nothing at all has come. Owned
/// by its Client; outlives the connections. The loop's thread only.
///
///   link.request<IMClientTimeReq, IMClientTimeRsp>({}, [](Result<IMClientTimeRsp> answer) { … });
class ServerLink {
 public:
  template <class Rsp>
  using Callback = std::function<void(Result<Rsp> answer)>;

  ServerLink(ClientNetwork& network, Tick response_timeout_ms);

  void open(const Connection& connection);
  /// Every request without an answer fails.
  void close(const std::string& why);
  bool is_open() const { return connection_ != ConnId::kNone; }

  /// The callback is called once: with the answer, or the refusal's text, or why there is none. Inside of this call
  /// where the link is not open.
  template <class Req, class Rsp>
  void request(const Req& req, Callback<Rsp> callback);
  /// The same for a request with several answers: the callback returns whether it waits for more.
  template <class Req, class Rsp>
  void request_series(const Req& req, std::function<bool(Result<Rsp> answer)> callback);
  /// For what is not a request of one of the above: returns the number that it went out under.
  template <class Message>
  uint16_t send(const Message& message, bool expects_answer);
  /// A number for send_numbered() that no request in flight has.
  uint16_t next_seq();
  template <class Message>
  void send_numbered(const Message& message, uint16_t seq_num);

  /// Something came: whether it was the answer to a request.
  bool take(const PduHeader& header, std::span<const std::byte> body);
  bool take_refusal(const TbError& error);
  /// `still_waiting`: who uses send_numbered() waits for an answer.
  void heard(bool still_waiting);

 private:
  enum class Outcome : uint8_t { kDone, kMore, kMalformed };
  // Gets the body, or why there is none.
  using Finish = std::function<Outcome(const std::string* error, std::span<const std::byte> body)>;
  struct Pending {
    uint16_t answer_command;
    Tick asked_at;
    Finish finish;
  };

  Connection* connection() const { return network_.find(connection_); }
  void expect_answer();
  void check_silence();
  void add_pending(uint16_t seq_num, uint16_t answer_command, Finish finish);
  void expire_requests();

  ClientNetwork& network_;
  Tick response_timeout_ms_;
  ConnId connection_ = ConnId::kNone;
  uint16_t last_seq_ = 0;
  std::map<uint16_t, Pending> pending_;
  Timer expiry_timer_;
  Timer silence_timer_;
  Tick silence_when_asked_ = 0;
};

template <class Message>
void ServerLink::send_numbered(const Message& message, uint16_t seq_num) {
  Connection* to = connection();
  if (to == nullptr) return;
  send_pdu(*to, message, seq_num);
  expect_answer();
}

template <class Message>
uint16_t ServerLink::send(const Message& message, bool expects_answer) {
  const uint16_t seq_num = next_seq();
  Connection* to = connection();
  if (to == nullptr) return seq_num;
  send_pdu(*to, message, seq_num);
  if (expects_answer) expect_answer();
  return seq_num;
}

template <class Req, class Rsp>
void ServerLink::request(const Req& req, Callback<Rsp> callback) {
  request_series<Req, Rsp>(req, [callback = std::move(callback)](Result<Rsp> answer) {
    callback(std::move(answer));
    return false;
  });
}

template <class Req, class Rsp>
void ServerLink::request_series(const Req& req, std::function<bool(Result<Rsp> answer)> callback) {
  if (connection() == nullptr) {
    callback(Error{"not connected"});
    return;
  }
  const uint16_t seq_num = send(req, true);
  add_pending(seq_num, kCommandOf<Rsp>, [callback](const std::string* error, std::span<const std::byte> body) {
    Rsp rsp;
    if (error != nullptr) {
      callback(Error{*error});
      return Outcome::kDone;
    }
    if (!rsp.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
      callback(Error{"the answer does not parse"});
      return Outcome::kMalformed;
    }
    return callback(std::move(rsp)) ? Outcome::kMore : Outcome::kDone;
  });
}

}  // namespace talkbeat
