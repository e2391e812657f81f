#pragma once

#include <cstdint>

namespace talkbeat {

/// Where a Client is in its life. Of its own, so that reconnecting depends on nothing that dies with a connection.
enum class ClientState : uint8_t {
  kDisconnected,  ///< not started, or a moment ago lost its connection
  kResolving,     ///< asks a login_server for a msg_server
  kConnecting,    ///< to a msg_server
  kLoggingIn,
  kOnline,
  kWaiting,  ///< until the next try
  kClosed,   ///< for good: stopped, kicked, or refused
};

inline constexpr int kClientStates = static_cast<int>(ClientState::kClosed) + 1;

/// "disconnected", "resolving", "connecting", "logging_in", "online", "waiting", "closed"
const char* to_string(ClientState state);

/// The table that every change of a Client's state is checked against.
bool may_follow(ClientState from, ClientState to);

/// Who ended a client that is kClosed.
enum class ClosedBy : uint8_t {
  kNobody,    ///< it is not closed
  kStop,      ///< stop() was called
  kRefusal,   ///< the server refused the login for good
  kDistrust,  ///< the first server's certificate is not to be trusted
  kKick,      ///< another session, or the operator, ended this one
};

/// Who has thrown a client out.
enum class KickedBy : uint8_t {
  kNewerLogin,  ///< the same user has logged in elsewhere, with the same class of client
  kMobile,      ///< the user's mobile client has ended the PC session
  kOperator,
};

/// For people: "logged in elsewhere"
const char* words_for(KickedBy by);

}  // namespace talkbeat
