#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/client/client_state.h"
#include "tools/client/credentials.h"
#include "tools/client/server_finder.h"

namespace talkbeat {

/// The way to one logged-in connection: finds a msg_server, connects, logs in. The first connect, each reconnect, and
/// the move to a new connection beside one that is still in use all go this way. Owned by its Client; the loop's
/// thread only.
///
///   attempt.start(place, heartbeat_interval_ms);   // on_connected() follows, or on_attempt_failed()
///   attempt.log_in();                              // on_logged_in() follows, or on_attempt_failed()
class LoginAttempt final : private PduSink {
 public:
  /// Why it came to nothing.
  struct Failure {
    std::string why;
    Tick wait_ms = 0;                ///< asked for by the server, before the next try
    bool final = false;              ///< there is no use in another try
    std::optional<Address> place{};  ///< where the next try is to go
    bool distrust = false;           ///< final, where no server was trusted before: its certificate is not good
  };

  /// Each call may stop the attempt.
  class Owner {
   public:
    virtual void on_progress(ClientState state, const std::string& what) = 0;
    /// Call log_in(), now or soon.
    virtual void on_connected() = 0;
    /// The attempt is over, and the connection the owner's: it gives it another sink at once.
    virtual void on_logged_in(Connection& connection, const IM::Login::IMLoginRes& answer) = 0;
    virtual void on_attempt_failed(const Failure& failure) = 0;
    virtual void on_attempt_kicked(IM::BaseDefine::KickReasonType reason) = 0;

   protected:
    ~Owner() = default;
  };

  LoginAttempt(ClientNetwork& network, const ClientOptions& options, Credentials& credentials, Owner& owner);
  ~LoginAttempt();

  /// Goes to `place` first; where there is none, or where it cannot be reached, to where login_server says.
  void start(std::optional<Address> place, Tick heartbeat_interval_ms);
  void log_in();
  /// Forgets what is under way: nobody is told.
  void stop();

  bool running() const { return phase_ != Phase::kIdle; }
  bool connected() const { return phase_ >= Phase::kConnected; }
  /// The server may have accepted the login already.
  bool logging_in() const { return phase_ == Phase::kLoggingIn; }
  /// The msg_server that was tried last; empty ip: none yet.
  const Address& server() const { return server_; }
  /// on_progress() for all that leads to where it is now.
  void report();

 private:
  enum class Phase : uint8_t { kIdle, kResolving, kConnecting, kConnected, kLoggingIn };

  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body,
                 google::protobuf::Arena& arena) override;
  void on_closed(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection& /*connection*/) override {}

  static Verdict on_answer(LoginAttempt& self, const PduHeader& header, const IM::Login::IMLoginRes& answer);
  static Verdict on_kick(LoginAttempt& self, const PduHeader& header, const IM::Login::IMKickUser& kick);
  static Verdict on_go_away(LoginAttempt& self, const PduHeader& header, const TbGoAway& notice);
  static Verdict on_error(LoginAttempt& self, const PduHeader& header, const TbError& error);

  bool enter(Phase phase);
  void ask_for_place();
  void try_addresses(std::vector<Address> addresses);
  void on_found(Result<std::vector<Address>> found);
  void connect_next();
  void on_dialed(Result<SocketHandle> socket);
  void refused(const IM::Login::IMLoginRes& answer);
  void fail(const Failure& failure);

  ClientNetwork& network_;
  const ClientOptions& options_;
  Credentials& credentials_;
  Owner& owner_;
  ServerFinder finder_;
  Dialer dialer_;
  Phase phase_ = Phase::kIdle;
  ConnId connection_ = ConnId::kNone;
  Tick heartbeat_interval_ms_ = 0;
  std::vector<Address> candidates_;  // still to be tried, the best last
  bool at_named_place_ = false;      // by a TbGoAway: login_server has not been asked yet
  Address server_;
  std::string last_error_;
  std::string told_why_;  // by a TbGoAway on this connection
  Tick wait_ms_ = 0;      // by a TbError: the refusal that follows is for the moment only
};

}  // namespace talkbeat
