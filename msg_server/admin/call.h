#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/closed_connections.h"
#include "base/http_request.h"
#include "msg_server/admin/answers.h"
#include "msg_server/admin/broadcasts.h"
#include "msg_server/parts.h"

namespace talkbeat::admin {

/// What a msg_server has to say of itself, and what it can be told to do.
struct ServerHooks {
  std::function<std::string()> health;  ///< JSON
  std::function<bool()> ready;
  std::function<bool()> draining;
  std::function<void()> drain;  ///< begins to leave, as at SIGTERM; again changes nothing
};

/// What the pages work with; lives as long as the server.
struct AdminParts {
  MsgServerParts& server;
  const ClosedConnections& closed;
  const ServerHooks& hooks;
  Broadcasts& broadcasts;
  const std::string& key;  ///< 64 hex digits
  /// Answers the request that this connection waits with.
  std::function<void(ConnId, const HttpResponse&)> answer;
};

/// Answers one request, once, later: a value that goes along into the store's callbacks.
class Reply {
 public:
  Reply(AdminParts& parts, ConnId conn, const HttpRequest& request)
      : parts_(parts), conn_(conn), what_(request.method + " " + request.path) {}

  void operator()(const HttpResponse& response) const { parts_.answer(conn_, logged(response)); }
  /// One line in the log for each request that was to change something.
  const HttpResponse& logged(const HttpResponse& response) const;

 private:
  AdminParts& parts_;
  ConnId conn_;
  std::string what_;
};

/// A request on its way through its page. Valid inside of the call only.
struct AdminCall {
  AdminParts& parts;
  const HttpRequest& request;
  std::string id;  ///< what of the path stands for the pattern's {}
  Reply reply;

  MsgServerParts& server() const { return parts.server; }
  const AdminSettings& settings() const { return parts.server.config.admin; }
  int64_t now() const { return parts.server.loop.unix_seconds(); }
};

/// The answer, or nothing: it comes later, through the call's reply.
using AdminResult = std::optional<HttpResponse>;
using AdminHandler = AdminResult (*)(AdminCall& call);

/// What a work in the store comes to where it may find that the request cannot be done.
template <class T>
struct Checked {
  T value{};
  std::optional<HttpResponse> refusal{};
};

/// Work that makes the whole answer, in a worker's thread.
using AnswerWork = std::function<StoreResult<HttpResponse>(Database&)>;

inline AdminResult answer_from_store(const AdminCall& call, AnswerWork work) {
  call.server().store.read<HttpResponse>(std::move(work), [reply = call.reply](const StoreResult<HttpResponse>& made) {
    reply(made.ok() ? made.value() : store_refusal(made.error()));
  });
  return std::nullopt;
}

inline AdminResult answer_after_write(const AdminCall& call, AnswerWork work) {
  call.server().store.write<HttpResponse>(std::move(work), [reply = call.reply](const StoreResult<HttpResponse>& made) {
    reply(made.ok() ? made.value() : store_refusal(made.error()));
  });
  return std::nullopt;
}

/// Calls `go_on(value)` with what the work has come to, or answers what stands against it.
template <class T, class GoOn>
Store::Callback<Checked<T>> unless_refused(const Reply& reply, GoOn go_on) {
  return [reply, go_on = std::move(go_on)](const StoreResult<Checked<T>>& result) {
    if (!result.ok()) {
      reply(store_refusal(result.error()));
    } else if (result.value().refusal) {
      reply(*result.value().refusal);
    } else {
      go_on(result.value().value);
    }
  };
}

}  // namespace talkbeat::admin
