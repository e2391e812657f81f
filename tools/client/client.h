#pragma once

#include <optional>
#include <string>

#include "tools/client/client_listener.h"
#include "tools/client/client_loop.h"
#include "tools/client/client_options.h"
#include "tools/client/login_attempt.h"
#include "tools/client/message_flow.h"
#include "tools/client/server_link.h"

namespace talkbeat {

/// What a person wants to know of a client.
struct ClientInfo {
  ClientState state = ClientState::kDisconnected;
  ClosedBy closed_by = ClosedBy::kNobody;
  Address server;                        ///< the present one, or the last; empty ip: none yet
  uint32_t user_id = 0;                  ///< 0 until the first login
  std::optional<Tick> rtt_ms;            ///< of the last heartbeat
  std::optional<Tick> heartbeat_age_ms;  ///< since the last heartbeat was sent
  int reconnects = 0;                    ///< logins after the first one, each after a time without a connection
  int moves = 0;                         ///< to a new connection while online, because the server asked for it
  size_t unsent = 0;                     ///< messages without an ack
  bool distrusts = false;                ///< the last try has failed for the server's certificate
};

/// A client that never gives up: finds a msg_server through login_server, logs in, beats, notices a dead server,
/// reconnects with full-jitter backoff, sends again what was not acked, and fetches what was missed, so that each
/// message reaches the application once and in order. Where the server asks it to leave, it first logs in at the new
/// place and then leaves the old one. Final are only: stop(), a refused password, being kicked, and before the first
/// login a certificate that is not to be trusted: later that is a mistake at the servers, which somebody will mend.
///
/// The loop's thread only. Everything that it uses outlives it. Not to be destroyed inside a listener's call.
///
///   #include <iostream>
///
///   #include "tools/client/client.h"
///
///   using namespace talkbeat;
///
///   struct Echo : ClientListener {
///     ClientLoop loop;
///     Client client{loop.network, {.login_servers = {{"127.0.0.1", 8008}}, .user = "echo", .password = "pw"}, *this};
///
///     void on_state(ClientState state, const std::string& why) override {
///       std::cerr << to_string(state) << ": " << why << "\n";
///       if (state == ClientState::kClosed) loop.events.stop();
///     }
///     void on_message(const ReceivedMessage& message) override {
///       if (message.mine) return;
///       client.send_text(message.from, "you said: " + message.body);
///       client.mark_read(message.conversation, message.msg_id);
///     }
///   };
///
///   int main() {
///     Echo echo;
///     echo.client.start();
///     echo.loop.events.run();
///     return 0;
///   }
class Client final : private PduSink, private LoginAttempt::Owner {
 public:
  Client(ClientNetwork& network, ClientOptions options, ClientListener& listener);
  ~Client();

  /// Once.
  void start();
  /// Logs out. What has no ack yet is given up. The bytes leave in the loop's next turns, while network.size() > 0.
  void stop();

  /// Sends now, or as soon as there is a connection. Returns the number that on_sent() or on_send_failed() will name;
  /// 0: max_unsent messages wait already.
  uint64_t send_text(uint32_t peer, std::string body);
  uint64_t send_text(const ConversationId& to, std::string body);
  uint64_t send(const ConversationId& to, IM::BaseDefine::MsgType type, std::string body);
  /// The person has seen the conversation up to this message.
  void mark_read(const ConversationId& conversation, uint32_t msg_id);

  /// Any other command that has an answer. The callback is called once: with the answer, the refusal's text, "no
  /// answer" after response_timeout, or why the connection was lost; inside of this call where the client is not
  /// online. Moving costs no request: it is answered on the old connection, or sent on the new one.
  ///
  ///   client.request<IMClientTimeReq, IMClientTimeRsp>({}, [](Result<IMClientTimeRsp> answer) { … });
  template <class Req, class Rsp>
  void request(const Req& req, ServerLink::Callback<Rsp> callback) {
    link_.request<Req, Rsp>(req, std::move(callback));
  }
  /// The same for a command with several answers (IMAllUserReq): the callback returns whether it waits for more.
  template <class Req, class Rsp>
  void request_series(const Req& req, ServerLink::SeriesCallback<Rsp> callback) {
    link_.request_series<Req, Rsp>(req, std::move(callback));
  }

  /// A command that has no answer ("is typing", a file's announcement). False: not online, and nothing was sent.
  template <class Message>
  bool tell(const Message& message) {
    if (state_ != ClientState::kOnline || !link_.is_open()) return false;
    link_.send(message, false);
    return link_.is_open();
  }

  ClientInfo info() const;
  ClientState state() const { return state_; }
  const IM::BaseDefine::UserInfo& profile() const { return profile_; }

 private:
  friend struct ClientHandlers;

  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body,
                 google::protobuf::Arena& arena) override;
  void on_closed(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection& connection) override;

  void on_progress(ClientState state, const std::string& what) override;
  void on_connected() override;
  void on_logged_in(Connection& connection, const IM::Login::IMLoginRes& answer) override;
  void on_attempt_failed(const LoginAttempt::Failure& failure) override;
  void on_attempt_kicked(IM::BaseDefine::KickReasonType reason) override;

  void set_state(ClientState state, const std::string& why);
  void begin_attempt();
  void log_in_when_quiet();
  void leave_for(const Connection& connection);
  void go_online(const Connection& connection, bool moved);
  void go_offline(const std::string& why);
  void go_away(const TbGoAway& notice);
  void move_soon();
  void retry_later(const std::string& why, Tick wait_ms);
  void kicked(KickedBy by);
  void finish(ClosedBy by, const std::string& why);

  ClientNetwork& network_;
  ClientOptions options_;
  ClientListener& listener_;
  Credentials credentials_;
  ServerLink link_;
  MessageFlow flow_;
  LoginAttempt attempt_;  // while kOnline: a move
  Backoff backoff_;
  Timer retry_timer_;
  Timer proven_timer_;
  Timer quiet_timer_;
  Timer arrival_timer_;

  ClientState state_ = ClientState::kDisconnected;
  ClosedBy closed_by_ = ClosedBy::kNobody;
  ConnId connection_ = ConnId::kNone;  // the one in use
  Address server_;
  Tick online_since_ = 0;
  std::optional<TbGoAway> notice_;  // the last one on this connection
  std::optional<Address> place_;    // where the next attempt goes first
  std::string lost_why_;
  IM::BaseDefine::UserInfo profile_;
  int logins_ = 0;
  bool distrusts_ = false;
  int moves_ = 0;
  Tick heartbeat_interval_ms_;
};

}  // namespace talkbeat
