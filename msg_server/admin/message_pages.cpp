#include <algorithm>
#include <cctype>

#include "msg_server/admin/fields.h"
#include "msg_server/admin/json_records.h"
#include "msg_server/admin/pages.h"
#include "msg_server/admin/system_user.h"
#include "msg_server/groups/group_changes.h"
#include "msg_server/message_sending.h"

namespace talkbeat::admin {

namespace {

constexpr size_t kMaxKey = 128;
constexpr uint8_t kText = 0x01;
constexpr uint8_t kGroupText = 0x11;
constexpr const char* kJoinedOnly = "the system user has joined the group, but the message was not sent: try again";
constexpr size_t kBesideBody = 1'024;  // what a PDU has beside the message's bytes, generously

/// What POST /api/messages asks for.
struct Post {
  std::optional<UserRef> from;
  std::optional<UserRef> to_user;
  GroupId to_group = 0;
  std::string body;
  std::string key;
};

/// "text", or for any bytes "data_base64".
std::string read_body(Fields& fields, size_t max) {
  const bool bytes = fields.has("data_base64");
  if (bytes && fields.has("text")) fields.refuse("text", "either this or data_base64");
  std::string body = bytes ? fields.base64("data_base64", max).value_or("") : fields.required_text("text", max);
  if (body.empty()) fields.refuse("data_base64", "must not be empty");
  return body;
}

std::optional<HttpResponse> read_receiver(Fields& fields, Post& post) {
  Fields to = fields.object("to");
  post.to_user = to.user("user");
  post.to_group = to.number("group", UINT32_MAX).value_or(0);
  if (!fields.fine()) return std::nullopt;
  if (post.to_user.has_value() == (post.to_group != 0))
    to.refuse("user", R"(either this or "group", an id, is needed)");
  return to.refusal();
}

/// Who writes to whom, in ids.
StoreResult<Checked<NewMessage>> resolve(Database& db, const Post& post, const std::string& system, int64_t now) {
  NewMessage message;
  message.body = post.body;
  message.created_at = now;
  if (post.from) {
    const auto from = find_user(db, *post.from);
    if (!from.ok()) return from.error();
    if (from.value() == 0) return Checked<NewMessage>{{}, refusal(422, "from: no " + post.from->shown())};
    message.from = from.value();
  } else {
    auto from = system_user(db, system, now);
    if (!from.ok()) return from.error();
    if (from.value().refusal) return Checked<NewMessage>{{}, std::move(from.value().refusal)};
    message.from = from.value().value;
  }
  message.to = {ConversationKind::kGroup, post.to_group};
  message.type = kGroupText;
  if (post.to_user) {
    const auto to = find_user(db, *post.to_user);
    if (!to.ok()) return to.error();
    if (to.value() == 0) return Checked<NewMessage>{{}, refusal(404, "to: no " + post.to_user->shown())};
    if (to.value() == message.from) return Checked<NewMessage>{{}, refusal(422, "to: a message to oneself")};
    message.to = {ConversationKind::kSingle, to.value()};
    message.type = kText;
  }
  // A user and a group may have the same number.
  const char* purpose = post.to_user ? "message" : "group message";
  if (!post.key.empty()) message.client_key = message_key(purpose, post.key, message.to.peer);
  return Checked<NewMessage>{std::move(message)};
}

/// A message on its way, by the system user or in a user's name.
struct Sending {
  MsgServerParts& server;
  Reply reply;
  NewMessage message;
  bool may_join;  ///< the system user becomes a member of the group that it writes to
  bool has_joined = false;

  void send() const {
    send_message(server, message, ConnId::kNone,
                 [sending = *this](const StoreResult<Appended>& stored) { sending.done(stored); });
  }
  void done(const StoreResult<Appended>& stored) const {
    if (!stored.ok()) {
      if (may_join && stored.error() == StoreError::kNotMember) return join();
      return reply(refused(stored.error()));
    }
    reply(json_answer(200, {{"msg_id", stored.value().msg_id},
                            {"created_at", stored.value().created_at},
                            {"duplicate", stored.value().duplicate}}));
  }
  void join() const {
    MemberChange change{.group = message.to.peer, .users = {message.from}};
    change.max_members = server.config.groups.max_members + 1;  // it takes nobody's place
    Sending again = *this;
    again.may_join = false;
    change_members(server, change, ConnId::kNone, [again](const StoreResult<GroupChanged>& joined) mutable {
      if (!joined.ok()) return again.reply(again.refused(joined.error()));
      again.has_joined = true;
      again.send();
    });
  }
  HttpResponse refused(StoreError error) const {
    if (error != StoreError::kNotMember) return store_refusal(error, has_joined ? kJoinedOnly : kNothingDone);
    return refusal(422, "from: not a member of that group", "only the system user becomes one by writing to it");
  }
};

bool is_broadcast_id(const std::string& id) {
  return std::ranges::all_of(id,
                             [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
}

const char* state_of(const BroadcastProgress& progress) {
  switch (progress.state) {
    case BroadcastProgress::State::kWaiting:
      return "waiting";
    case BroadcastProgress::State::kRunning:
      return "running";
    case BroadcastProgress::State::kDone:
      return "done";
  }
  return "";
}

HttpResponse show(int status, const std::string& id, const BroadcastProgress& progress) {
  return json_answer(status, {{"id", id},
                              {"state", state_of(progress)},
                              {"sent", progress.sent},
                              {"already", progress.already},
                              {"skipped", progress.skipped},
                              {"last_user", progress.last_user},
                              {"began_at", progress.began_at},
                              {"ended_at", progress.ended_at == 0 ? Json() : Json(progress.ended_at)}});
}

HttpResponse begin(Broadcasts& broadcasts, const std::string& id, const std::string& body, UserId from) {
  switch (broadcasts.start({id, body, from})) {
    case Broadcasts::Start::kOtherText:
      return refusal(409, "id: a broadcast of this id has another text", "each text needs an id of its own");
    case Broadcasts::Start::kTooMany:
      return busy("too many broadcasts wait already");
    case Broadcasts::Start::kBegun:
    case Broadcasts::Start::kRunsAlready:
      break;
  }
  return show(202, id, *broadcasts.find(id));
}

}  // namespace

AdminResult post_message(AdminCall& call) {
  MsgServerParts& server = call.server();
  Fields fields = Fields::of_body(call.request.body);
  Post post;
  post.body = read_body(fields, server.config.client.max_pdu - kBesideBody);
  post.from = fields.user("from");
  post.key = fields.text("key", kMaxKey).value_or("");
  auto bad_receiver = read_receiver(fields, post);
  if (auto refused = fields.refusal()) return refused;
  if (bad_receiver) return bad_receiver;
  server.store.write<Checked<NewMessage>>(
      [post, system = call.settings().system_user, now = call.now()](Database& db) {
        return resolve(db, post, system, now);
      },
      unless_refused<NewMessage>(call.reply,
                                 [&server, reply = call.reply, system = !post.from](const NewMessage& message) {
                                   const bool to_group = message.to.kind == ConversationKind::kGroup;
                                   Sending{server, reply, message, system && to_group}.send();
                                 }));
  return std::nullopt;
}

AdminResult post_broadcast(AdminCall& call) {
  MsgServerParts& server = call.server();
  Fields fields = Fields::of_body(call.request.body);
  const std::string body = read_body(fields, server.config.client.max_pdu - kBesideBody);
  const std::string id = fields.required_text("id", kMaxKey);
  if (!is_broadcast_id(id)) fields.refuse("id", "letters, digits, -, _ and . are allowed");
  if (auto refused = fields.refusal()) return refused;
  if (call.parts.hooks.draining()) return busy("this server is leaving: ask another one");
  server.store.write<Checked<UserId>>(
      [system = call.settings().system_user, now = call.now()](Database& db) { return system_user(db, system, now); },
      unless_refused<UserId>(call.reply, [&broadcasts = call.parts.broadcasts, reply = call.reply, id,
                                          body](UserId from) { reply(begin(broadcasts, id, body, from)); }));
  return std::nullopt;
}

AdminResult show_broadcast(AdminCall& call) {
  if (auto refused = Fields::of_query(call.request).refusal()) return refused;
  const BroadcastProgress* progress = call.parts.broadcasts.find(call.id);
  if (progress != nullptr) return show(200, call.id, *progress);
  return refusal(404, "nothing is known of such a broadcast on this server",
                 "post it again with the same id: nobody gets it twice");
}

}  // namespace talkbeat::admin
