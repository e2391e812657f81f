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

/// Answers a request from what the store has: `work` runs in the reader's thread, `answer` on the loop's.
template <class T, class Answer>
Verdict answer_from_store(const ClientContext& client, const PduHeader& header,
                          std::function<StoreResult<T>(Database&)> work, Answer answer) {
  client.server.store.read<T>(std::move(work), answer_to<T>(client, header, std::move(answer)));
  return Verdict::handled();
}

}  // namespace talkbeat
