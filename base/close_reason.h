#pragma once

#include <cstdint>

namespace talkbeat {

/// Why a connection ended. The same word stands in the log, in the metric's label and in `talkctl`'s output.
enum class CloseReason : uint8_t {
  kPeerClosed,          ///< the peer closed it
  kPeerReset,           ///< the peer's system broke it off (TCP reset)
  kSilent,              ///< nothing received for the silence or idle timeout
  kProbeUnanswered,     ///< asked by a heartbeat of ours, the peer said nothing
  kHandshakeTimeout,    ///< connected, but not logged in (or authenticated) in time
  kPduTimeout,          ///< a PDU was begun and not completed in time
  kRequestTimeout,      ///< a request to login_server did not end in time
  kUnacknowledged,      ///< the peer's system acknowledged no data for TCP_USER_TIMEOUT, or no keepalive probe
  kProtocolError,       ///< a PDU's length was impossible, or HTTP was broken
  kMalformed,           ///< three PDUs were refused as malformed or not allowed
  kSlowConsumer,        ///< the peer did not read what was sent to it
  kTooManyPings,        ///< heartbeats came too often
  kTooManyConnections,  ///< the server, or the address, has as many as it may
  kLoginRefused,        ///< wrong password, throttled, or the like
  kLoggedOut,           ///< the client said so
  kDuplicateLogin,      ///< the same user has logged in again with the same class of client
  kKicked,              ///< removed by the user's other device or by the operator
  kRevoked,             ///< the password changed, the account was disabled, or the user logged out everywhere
  kIdle,                ///< only heartbeats for max_connection_idle
  kMaxAge,              ///< as old as a connection may become; the peer was told before
  kMoved,               ///< has logged in on a new connection, as it was asked to
  kDrained,             ///< asked to go, since this server is being stopped, and did not in time
  kAuthFailed,          ///< does not hold the cluster key
  kReplaced,            ///< a newer connection of the same server, or for the same file, has taken its place
  kAnswered,            ///< the request has been answered: nothing more to do
  kServerStopping,      ///< this process ends
  kTlsFailed,           ///< the peer spoke no TLS, the handshake failed, or a record had been tampered with
  kTlsTruncated,        ///< the end came without TLS's close_notify: the peer broke off, or somebody cut the connection
  kIoError,             ///< the system reported any other error
};

inline constexpr int kCloseReasons = static_cast<int>(CloseReason::kIoError) + 1;

/// "silent", "slow_consumer", …
const char* to_string(CloseReason reason);

/// The reason for an error number that a read or a write has returned.
CloseReason close_reason_of_errno(int error);

}  // namespace talkbeat
