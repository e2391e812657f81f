#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/client_network.h"
#include "tools/client/client_options.h"

namespace talkbeat {

/// An answer, or why there is none: with the code where the server has refused the request.
template <class Rsp>
struct Answer : Result<Rsp> {
  using Result<Rsp>::Result;
  Answer(Error error, std::optional<ErrorCode> with_code) : Result<Rsp>(std::move(error)), code(with_code) {}

  std::optional<ErrorCode> code{};
};

/// The logged-in connection for those who send on it: numbers what is sent, brings each answer to who asked, beats, and
/// notices a server that does not answer: an answer is due, and for `response_timeout` nothing at all has come. Owned
/// by its Client; outlives the connections. The loop's thread only.
///
/// Times leave our own stalls out: an answer that waits in the socket of a stopped process is read before anybody is
/// judged, and what the process had no time to send is waited for anew (OPERATIONS.md, rule 5).
///
///   link.request<IMClientTimeReq, IMClientTimeRsp>({}, [](Result<IMClientTimeRsp> answer) { … });
class ServerLink {
 public:
  template <class Rsp>
  using Callback = std::function<void(Answer<Rsp> answer)>;
  /// Returns whether it waits for more.
  template <class Rsp>
  using SeriesCallback = std::function<bool(Answer<Rsp> answer)>;

  ServerLink(ClientNetwork& network, const ClientOptions& options);

  /// Sends what was held back.
  void open(const Connection& connection, Tick heartbeat_interval_ms);
  /// Every request without an answer, or held back, fails.
  void close(const std::string& why);
  /// The same, but what is held back waits for the next open().
  void lose(const std::string& why);
  bool is_open() const { return connection_ != ConnId::kNone; }

  /// Requests from here on wait for open(), resume() or close(): the connection is about to be left.
  void hold() { holding_ = true; }
  void resume();
  /// Every request has its answer.
  bool quiet() const { return pending_.empty(); }

  /// The callback is called once: with the answer, or the refusal's text, or why there is none. Inside of this call
  /// where the link is not open.
  template <class Req, class Rsp>
  void request(const Req& req, Callback<Rsp> callback);
  /// The same for a request with several answers: the callback returns whether it waits for more.
  template <class Req, class Rsp>
  void request_series(const Req& req, SeriesCallback<Rsp> callback);
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

  void beat();
  /// One that answers none of ours is the server's question whether we are there.
  void take_heartbeat(uint16_t seq_num);
  /// Of the last heartbeat that was answered, on whichever connection.
  std::optional<Tick> rtt_ms() const { return rtt_ms_; }
  std::optional<Tick> heartbeat_age_ms() const;

 private:
  enum class Outcome : uint8_t { kDone, kMore, kMalformed };
  struct Failure {
    std::string why;
    std::optional<ErrorCode> code{};
  };
  // Gets the body, or why there is none.
  using Finish = std::function<Outcome(const Failure* failure, std::span<const std::byte> body)>;
  struct Pending {
    uint16_t answer_command;
    Tick asked_at;
    Finish finish;
  };

  Connection* connection() const { return network_.find(connection_); }
  void expect_answer();
  void ask_the_silent(const Connection& to);
  void check_silence();
  void add_pending(uint16_t seq_num, uint16_t answer_command, Finish finish);
  void expire_requests();

  ClientNetwork& network_;
  const ClientOptions& options_;
  ConnId connection_ = ConnId::kNone;
  uint16_t last_seq_ = 0;
  std::map<uint16_t, Pending> pending_;
  bool holding_ = false;
  std::vector<std::function<void()>> held_;
  Timer expiry_timer_;
  Timer silence_timer_;
  Tick silence_when_asked_ = 0;
  Tick heartbeat_interval_ms_ = 0;
  uint16_t heartbeat_seq_ = 0;  // of the one without an answer; 0: none
  Tick heartbeat_asked_at_ = 0;
  std::optional<Tick> heartbeat_sent_at_;  // by the loop's time: for people
  std::optional<Tick> rtt_ms_;
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
  if (expects_answer) {
    expect_answer();
  } else {
    ask_the_silent(*to);
  }
  return seq_num;
}

template <class Req, class Rsp>
void ServerLink::request(const Req& req, Callback<Rsp> callback) {
  request_series<Req, Rsp>(req, [callback = std::move(callback)](Answer<Rsp> answer) {
    callback(std::move(answer));
    return false;
  });
}

template <class Req, class Rsp>
void ServerLink::request_series(const Req& req, SeriesCallback<Rsp> callback) {
  if (holding_) {
    held_.push_back([this, req, callback = std::move(callback)] { request_series<Req, Rsp>(req, callback); });
    return;
  }
  if (connection() == nullptr) {
    callback(Error{"not connected"});
    return;
  }
  const uint16_t seq_num = send(req, true);
  if (connection() == nullptr) {
    callback(Error{"more than the connection takes"});
    return;
  }
  add_pending(seq_num, kCommandOf<Rsp>, [callback](const Failure* failure, std::span<const std::byte> body) {
    Rsp rsp;
    if (failure != nullptr) {
      callback({Error{failure->why}, failure->code});
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
