#pragma once

#include <utility>

#include "msg_server/client_session.h"
#include "msg_server/parts.h"

namespace talkbeat {

/// The TbError for what the store refused.
Verdict refusal_of(StoreError error);

/// Answers a request from what the store has: `work` runs in the reader's thread, `answer(connection, value)` on the
/// loop's, where the connection is still there. A refusal of the store becomes a TbError.
template <class T, class Answer>
Verdict answer_from_store(ClientContext& client, const PduHeader& header,
                          std::function<StoreResult<T>(Database&)> work, Answer answer) {
  const ConnId conn = client.connection.id();
  MsgServerParts& server = client.server;
  server.store.read<T>(std::move(work), [&server, conn, header, answer](StoreResult<T> result) {
    Connection* connection = server.connections.find(conn);
    if (connection == nullptr) return;
    if (result.ok()) {
      answer(*connection, result.value());
    } else {
      send_error(*connection, header, refusal_of(result.error()));
    }
  });
  return Verdict::handled();
}

/// The same for what changes the store: the answer goes out after the commit.
template <class T, class Answer>
Verdict answer_after_write(ClientContext& client, const PduHeader& header,
                           std::function<StoreResult<T>(Database&)> work, Answer answer) {
  const ConnId conn = client.connection.id();
  MsgServerParts& server = client.server;
  server.store.write<T>(std::move(work), [&server, conn, header, answer](StoreResult<T> result) {
    Connection* connection = server.connections.find(conn);
    if (connection == nullptr) return;
    if (result.ok()) {
      answer(*connection, result.value());
    } else {
      send_error(*connection, header, refusal_of(result.error()));
    }
  });
  return Verdict::handled();
}

}  // namespace talkbeat
