#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/client/client_listener.h"
#include "tools/client/client_network.h"
#include "tools/client/client_options.h"
#include "tools/client/message_flow.h"
#include "tools/client/server_finder.h"
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
  int reconnects = 0;                    ///< logins after the first one
  size_t unsent = 0;                     ///< messages without an ack
};

/// A client that never gives up: finds a msg_server through login_server, logs in, beats, notices a dead server,
/// reconnects with full-jitter backoff, sends again what was not acked, and fetches what was missed, so that each
/// message reaches the application once and in order. Final are only: stop(), a refused password, being kicked.
///
/// The loop's thread only. Everything that it uses outlives it. Not to be destroyed inside a listener's call.
///
///   #include <iostream>
///   #include "base/epoll_transport.h"
///   #include "tools/client/client.h"
///
///   using namespace talkbeat;
///
///   struct Echo : ClientListener {
///     Client* client = nullptr;
///     void on_state(ClientState state, const std::string& why) override {
///       std::cerr << to_string(state) << ": " << why << "\n";
///       if (state == ClientState::kClosed) loop->stop();
///     }
///     void on_message(const ReceivedMessage& message) override {
///       if (message.mine) return;
///       client->send_text(message.from, "you said: " + message.body);
///       client->mark_read(message.conversation, message.msg_id);
///     }
///     EventLoop* loop = nullptr;
///   };
///
///   int main() {
///     SystemClock clock;
///     SystemRng rng;
///     EpollTransport transport;
///     EventLoop loop(clock, transport);
///     ClientNetwork network(loop, rng);
///     Echo echo;
///     Client client(network, {.login_servers = {{"127.0.0.1", 8008}}, .user = "echo", .password = "secret"}, echo);
///     echo.client = &client;
///     echo.loop = &loop;
///     client.start();
///     loop.run();
///   }
class Client final : private PduSink {
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
  uint64_t send(const ConversationId& to, IM::BaseDefine::MsgType type, std::string body);
  /// The person has seen the conversation up to this message.
  void mark_read(const ConversationId& conversation, uint32_t msg_id);

  /// Any other command that has an answer. The callback is called once: with the answer, the refusal's text, "no
  /// answer" after response_timeout, or why the connection was lost; inside of this call where the client is not
  /// online.
  ///
  ///   client.request<IMClientTimeReq, IMClientTimeRsp>({}, [](Result<IMClientTimeRsp> answer) { … });
  template <class Req, class Rsp>
  void request(const Req& req, ServerLink::Callback<Rsp> callback) {
    link_.request<Req, Rsp>(req, std::move(callback));
  }
  /// The same for a command with several answers (IMAllUserReq): the callback returns whether it waits for more.
  template <class Req, class Rsp>
  void request_series(const Req& req, std::function<bool(Result<Rsp> answer)> callback) {
    link_.request_series<Req, Rsp>(req, std::move(callback));
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

  void set_state(ClientState state, const std::string& why);
  void find_server();
  void on_found(Result<std::vector<Address>> found);
  void connect_next();
  void on_dialed(Result<SocketHandle> socket);
  void log_in(Connection& connection);
  void logged_in(const IM::Login::IMLoginRes& answer);
  void login_refused(const IM::Login::IMLoginRes& answer);
  void go_away(const TbGoAway& notice);
  void leave_server(const std::string& why, Tick wait_ms);
  void disconnected(const std::string& why);
  void retry_later(const std::string& why, Tick at_least_ms);
  void finish(ClosedBy by, const std::string& why);
  void take_heartbeat(uint16_t seq_num);
  void beat();
  LivenessPolicy policy() const;

  ClientNetwork& network_;
  ClientOptions options_;
  ClientListener& listener_;
  ServerLink link_;
  MessageFlow flow_;
  ServerFinder finder_;
  Dialer dialer_;
  Backoff backoff_;
  Timer retry_timer_;
  Timer proven_timer_;
  Timer go_away_timer_;

  ClientState state_ = ClientState::kDisconnected;
  ClosedBy closed_by_ = ClosedBy::kNobody;
  ConnId connection_ = ConnId::kNone;
  std::vector<Address> candidates_;  // addresses that are still to be tried, the best last
  std::optional<Address> sent_to_;   // by a TbGoAway
  std::string last_error_;
  Address server_;
  std::string token_;
  Tick login_retry_after_ms_ = 0;  // set: the login is refused for the moment only
  IM::BaseDefine::UserInfo profile_;
  int logins_ = 0;
  Tick heartbeat_interval_ms_;
  uint16_t heartbeat_seq_ = 0;  // of the one without an answer; 0: none
  std::optional<Tick> heartbeat_sent_at_;
  std::optional<Tick> rtt_ms_;
};

}  // namespace talkbeat
