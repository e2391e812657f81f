#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "msg_server/client_session.h"
#include "msg_server/parts.h"

namespace talkbeat {

/// The TbError for what the store refused.
Verdict refusal_of(StoreError error);
/// The same for an answer with a `result_code`. Nothing where the store could not do its work (busy, unavailable):
/// that is a TbError for every request.
std::optional<ErrorCode> result_code_of(StoreError error);

/// More ids than client.max_list.
inline constexpr Verdict kTooManyIds = Verdict::refused(ERROR_INVALID_ARGUMENT, "too many ids in one request");

/// What the store calls back to answer a request: `answer(connection, value)`, or a TbError where it refused; nothing
/// where the connection has gone meanwhile.
template <class T, class Answer>
Store::Callback<T> answer_to(const ClientContext& client, const PduHeader& header, Answer answer) {
  return [&connections = client.server.connections, conn = client.connection.id(), header,
          answer = std::move(answer)](const StoreResult<T>& result) {
    Connection* connection = connections.find(conn);
    if (connection == nullptr) return;
    if (result.ok()) {
      answer(*connection, result.value());
    } else {
      send_error(*connection, header, refusal_of(result.error()));
    }
  };
}

/// All that read for clients share one reader with the logins: nobody may have more in its queue than
/// client.max_pending_requests.
bool has_too_many_pending(const ClientContext& client);
inline constexpr Verdict kTooManyPending =
    Verdict::refused(ERROR_BUSY, "too many of your requests wait to be answered: try again", 1'000);
/// Where more than this waits to be sent already, the client asks for the rest itself.
inline constexpr size_t kEnoughWaiting = 1 << 20;
/// For an answer that may be long, to a client that leaves so much unread that another one might close it.
inline constexpr Verdict kTooMuchUnread =
    Verdict::refused(ERROR_BUSY, "too much waits to be read by you: ask for the rest again", 1'000);

/// Reads for a client: `work` runs in the reader's thread, `done(connection, result)` on the loop's; nothing where the
/// connection has gone meanwhile.
template <class T, class Done>
void read_for(MsgServerParts& server, Connection& connection, std::function<StoreResult<T>(Database&)> work,
              Done done) {
  ++connection.attachment<ClientSession>().reads_in_store;
  server.store.read<T>(std::move(work), [&connections = server.connections, conn = connection.id(),
                                         done = std::move(done)](const StoreResult<T>& result) {
    Connection* present = connections.find(conn);
    if (present == nullptr) return;
    --present->attachment<ClientSession>().reads_in_store;
    done(*present, result);
  });
}

/// Answers a request from what the store has: `work` runs in the reader's thread, `answer` on the loop's.
template <class T, class Answer>
Verdict answer_from_store(const ClientContext& client, const PduHeader& header,
                          std::function<StoreResult<T>(Database&)> work, Answer answer) {
  if (has_too_many_pending(client)) return kTooManyPending;
  read_for<T>(client.server, client.connection, std::move(work),
              [header, answer = std::move(answer)](Connection& connection, const StoreResult<T>& result) {
                if (result.ok()) {
                  answer(connection, result.value());
                } else {
                  send_error(connection, header, refusal_of(result.error()));
                }
              });
  return Verdict::handled();
}

}  // namespace talkbeat
