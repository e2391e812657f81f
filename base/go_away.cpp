#include "base/go_away.h"

#include "base/check.h"

namespace talkbeat {

std::optional<GoAwayReason> go_away_reason_of(CloseReason reason) {
  switch (reason) {
    case CloseReason::kSilent:
    case CloseReason::kProbeUnanswered:
      return GO_AWAY_SILENT;
    case CloseReason::kHandshakeTimeout:
    case CloseReason::kRequestTimeout:
      return GO_AWAY_HANDSHAKE_TIMEOUT;
    case CloseReason::kPduTimeout:
      return GO_AWAY_PDU_TIMEOUT;
    case CloseReason::kProtocolError:
      return GO_AWAY_PROTOCOL_ERROR;
    case CloseReason::kMalformed:
      return GO_AWAY_MALFORMED;
    case CloseReason::kTooManyPings:
      return GO_AWAY_TOO_MANY_PINGS;
    case CloseReason::kRevoked:
      return GO_AWAY_REVOKED;
    case CloseReason::kIdle:
      return GO_AWAY_IDLE;
    case CloseReason::kMaxAge:
      return GO_AWAY_MAX_AGE;
    case CloseReason::kDrained:
    case CloseReason::kServerStopping:
      return GO_AWAY_DRAIN;
    case CloseReason::kPeerClosed:
    case CloseReason::kPeerReset:
    case CloseReason::kUnacknowledged:
    case CloseReason::kSlowConsumer:
    case CloseReason::kTooManyConnections:
    case CloseReason::kLoginRefused:
    case CloseReason::kLoggedOut:
    case CloseReason::kDuplicateLogin:
    case CloseReason::kKicked:
    case CloseReason::kMoved:
    case CloseReason::kAuthFailed:
    case CloseReason::kReplaced:
    case CloseReason::kAnswered:
    case CloseReason::kTlsFailed:
    case CloseReason::kTlsTruncated:
    case CloseReason::kIoError:
      return std::nullopt;
  }
  CHECK(false);
}

const char* words_for(GoAwayReason reason) {
  switch (reason) {
    case GO_AWAY_DRAIN:
      return "this server is being stopped";
    case GO_AWAY_MAX_AGE:
      return "this connection is old: make a new one";
    case GO_AWAY_TOO_MANY_PINGS:
      return "heartbeats came too often";
    case GO_AWAY_IDLE:
      return "only heartbeats for too long";
    case GO_AWAY_SLOW_CONSUMER:
      return "what was sent was not read";
    case GO_AWAY_SILENT:
      return "nothing came from you for too long";
    case GO_AWAY_PROTOCOL_ERROR:
      return "a PDU's length was impossible";
    case GO_AWAY_MALFORMED:
      return "three PDUs were malformed, unknown or not allowed";
    case GO_AWAY_HANDSHAKE_TIMEOUT:
      return "no successful login, or no complete request, in time";
    case GO_AWAY_PDU_TIMEOUT:
      return "a PDU was begun and not completed in time";
    case GO_AWAY_REVOKED:
      return "the password changed, the account was disabled, or you logged out everywhere";
    case GO_AWAY_KICKED:
      return "the operator has ended this session";
  }
  CHECK(false);
}

}  // namespace talkbeat
