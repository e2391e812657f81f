#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include "base/pdu_protocol.h"
#include "base/token_bucket.h"
#include "msg_server/user_directory.h"
#include "proto/base_define.pb.h"

namespace talkbeat {

struct MsgServerParts;

/// How far a client connection has come. kLoggingIn: the password is being checked. kTransfer: it has no user's
/// session, but carries the bytes of a file.
enum class Phase : uint8_t { kFresh, kLoggingIn, kOnline, kTransfer };

/// Which file a connection in kTransfer carries, and for whom.
struct TransferSeat {
  IM::BaseDefine::ClientFileRole role;
  std::string task_id;
};

/// What a msg_server keeps with a client's connection.
struct ClientSession : PduPeer {
  ClientSession(const TokenBucket& message_tokens, const TokenBucket& request_tokens)
      : messages(message_tokens), requests(request_tokens) {}

  std::string subject() const override { return name; }

  Phase phase = Phase::kFresh;
  ClientClass client_class = ClientClass::kPc;
  bool replaced = false;  ///< a later login, here or elsewhere, has taken its place: the user is still there
  UserId user = 0;
  std::string name;  ///< as given at the login, right or wrong
  SessionInfo info;
  uint64_t begun_at = 0;                       ///< how far the store had got at the login
  [[no_unique_address]] TokenBucket messages;  ///< takes one for each message sent
  uint32_t messages_in_store = 0;              ///< sent and not yet answered
  [[no_unique_address]] TokenBucket requests;  ///< takes one for each PDU
  uint32_t reads_in_store = 0;                 ///< for requests of this client's, and not yet answered
  std::unique_ptr<TokenBucket> group_changes;  ///< made with the first one: most clients make none
  std::unique_ptr<TransferSeat> seat;          ///< kTransfer only
};

/// What a handler of a client's PDU gets: the server, and the connection that the PDU came from. Valid only inside the
/// call: an answer that comes later looks the connection up by its id.
struct ClientContext {
  MsgServerParts& server;
  Connection& connection;
  ClientSession& session;
};

}  // namespace talkbeat
