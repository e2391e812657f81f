#include "tools/talkctl/close_advice.h"

#include "base/check.h"
#include "base/close_reason.h"

namespace talkbeat {

namespace {

// A switch, so that the compiler asks for advice on each new reason.
CloseAdvice advice(CloseReason reason) {
  switch (reason) {
    case CloseReason::kPeerClosed:
      return {"the peer closed it without a word", "nothing"};
    case CloseReason::kPeerReset:
      return {"the peer's system reset it: a crash, or a middlebox", "nothing, unless there are many"};
    case CloseReason::kSilent:
      return {"nothing was received for idle_timeout (clients) or silence_timeout (servers)",
              "a dead path or a stopped process; stock mobile apps need client.idle_timeout_mobile = \"300s\""};
    case CloseReason::kProbeUnanswered:
      return {"silent for probe_after, then asked, and silent for probe_timeout more",
              "the same as for silent; a client that does not answer heartbeats needs client.probe_after off"};
    case CloseReason::kHandshakeTimeout:
      return {
          "connected, and no login (or proof of the cluster key) in time",
          "port scanners, or an overloaded server: look at the login queue (BUSY). After a line `stalled`: logins that "
          "waited for longer than this, and began no session"};
    case CloseReason::kPduTimeout:
      return {"a PDU was begun and not completed within pdu_timeout", "a very slow link, or an attack"};
    case CloseReason::kRequestTimeout:
      return {"a request to login_server was not complete in time", "a very slow link, or an attack"};
    case CloseReason::kUnacknowledged:
      return {"the peer's system acknowledged nothing for TCP_USER_TIMEOUT, or the kernel's probes",
              "the path is cut; tcp.client_user_timeout and tcp.server_user_timeout say how long is waited"};
    case CloseReason::kProtocolError:
      return {"an impossible PDU length, or broken HTTP",
              "a client with a bug, or no client at all: line bad_pdu_length has the peer"};
    case CloseReason::kMalformed:
      return {"three PDUs that do not parse, are unknown or not allowed", "a client with a bug, or somebody trying"};
    case CloseReason::kSlowConsumer:
      return {"it did not read what it was sent (client.out_*; a server: cluster.queue_*)",
              "nothing is lost: it gets the rest from the store when it returns"};
    case CloseReason::kTooManyPings:
      return {"heartbeats earlier than min_ping_interval, more often than max_ping_strikes",
              "a client with a bug; one that must beat so often needs a smaller client.min_ping_interval"};
    case CloseReason::kTooManyConnections:
      return {"client.max_connections, max_connections_per_address, or cluster.max_unproven",
              "add a msg_server, or raise the limit; on server links: strangers at the port of the msg_servers"};
    case CloseReason::kLoginRefused:
      return {"wrong password or token, throttled, disabled, or too many logins at once",
              "line login_refused has the name, the address and why"};
    case CloseReason::kLoggedOut:
      return {"the client logged out", "nothing"};
    case CloseReason::kDuplicateLogin:
      return {"the user logged in again with the same class of client", "nothing; else two people use one account"};
    case CloseReason::kKicked:
      return {"ended from the user's other device, or by the operator", "nothing"};
    case CloseReason::kRevoked:
      return {"the password changed, the account was disabled, or talkctl user revoke", "nothing"};
    case CloseReason::kIdle:
      return {"only heartbeats for max_connection_idle", "nothing; client.max_connection_idle = \"0\" keeps them"};
    case CloseReason::kMaxAge:
      return {"older than max_connection_age, asked to leave, and still there after the grace",
              "nothing: a client that does not know TbGoAway reconnects now"};
    case CloseReason::kMoved:
      return {"has logged in on a new connection, as it was asked to (drain, max age)",
              "nothing: that is how it should be"};
    case CloseReason::kDrained:
      return {"the server was being stopped, and the client still there after drain.timeout",
              "nothing: a client that does not know TbGoAway reconnects now"};
    case CloseReason::kAuthFailed:
      return {"does not hold the cluster key", "compare cluster.key on both machines; else somebody tries your port"};
    case CloseReason::kReplaced:
      return {"a newer connection of the same server took its place",
              "nothing; where it goes on, two servers have the same server.name"};
    case CloseReason::kAnswered:
      return {"the request was answered", "nothing"};
    case CloseReason::kServerStopping:
      return {"this process was told to leave at once", "nothing"};
    case CloseReason::kTlsFailed:
      return {"no TLS on a TLS port, no handshake that both ends agree on, or a record that was tampered with",
              "line tls_failed says why; port scanners, or a client that does not trust tls.certificate"};
    case CloseReason::kTlsTruncated:
      return {"it ended without TLS's goodbye", "nothing: an app that was killed; PDUs that came whole count"};
    case CloseReason::kIoError:
      return {"the system reported an error that has no word of its own here", "the log's lines around it"};
  }
  CHECK(false);
}

}  // namespace

std::optional<CloseAdvice> advice_on(std::string_view reason) {
  for (int i = 0; i < kCloseReasons; ++i) {
    const auto candidate = static_cast<CloseReason>(i);
    if (reason == to_string(candidate)) return advice(candidate);
  }
  return std::nullopt;
}

}  // namespace talkbeat
