#include "base/close_reason.h"

#include <cerrno>

#include "base/check.h"

namespace talkbeat {

const char* to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::kPeerClosed:
      return "peer_closed";
    case CloseReason::kPeerReset:
      return "peer_reset";
    case CloseReason::kSilent:
      return "silent";
    case CloseReason::kProbeUnanswered:
      return "probe_unanswered";
    case CloseReason::kHandshakeTimeout:
      return "handshake_timeout";
    case CloseReason::kPduTimeout:
      return "pdu_timeout";
    case CloseReason::kRequestTimeout:
      return "request_timeout";
    case CloseReason::kUnacknowledged:
      return "unacknowledged";
    case CloseReason::kProtocolError:
      return "protocol_error";
    case CloseReason::kMalformed:
      return "malformed";
    case CloseReason::kSlowConsumer:
      return "slow_consumer";
    case CloseReason::kTooManyPings:
      return "too_many_pings";
    case CloseReason::kTooManyConnections:
      return "too_many_connections";
    case CloseReason::kLoginRefused:
      return "login_refused";
    case CloseReason::kLoggedOut:
      return "logged_out";
    case CloseReason::kDuplicateLogin:
      return "duplicate_login";
    case CloseReason::kKicked:
      return "kicked";
    case CloseReason::kRevoked:
      return "revoked";
    case CloseReason::kIdle:
      return "idle";
    case CloseReason::kMaxAge:
      return "max_age";
    case CloseReason::kMoved:
      return "moved";
    case CloseReason::kDrained:
      return "drained";
    case CloseReason::kAuthFailed:
      return "auth_failed";
    case CloseReason::kReplaced:
      return "replaced";
    case CloseReason::kAnswered:
      return "answered";
    case CloseReason::kServerStopping:
      return "server_stopping";
    case CloseReason::kTlsFailed:
      return "tls_failed";
    case CloseReason::kTlsTruncated:
      return "tls_truncated";
    case CloseReason::kIoError:
      return "io_error";
  }
  CHECK(false);
}

CloseReason close_reason_of_errno(int error) {
  switch (error) {
    case ECONNRESET:
    case EPIPE:
      return CloseReason::kPeerReset;
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return CloseReason::kUnacknowledged;
    default:
      return CloseReason::kIoError;
  }
}

}  // namespace talkbeat
