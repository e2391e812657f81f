#include "msg_server/groups/group_changes.h"

#include "msg_server/admin/fields.h"
#include "msg_server/admin/group_requests.h"
#include "msg_server/admin/json_records.h"
#include "msg_server/admin/pages.h"

namespace talkbeat::admin {

namespace {

HttpResponse no_such_group(const std::string& id) {
  return refusal(404, "no group " + id, "GET /api/groups");
}

GroupId group_in_path(const AdminCall& call) {
  return parse_number(call.id, UINT32_MAX).value_or(0);
}

StoreResult<HttpResponse> groups_page(Database& db, GroupId after, size_t limit) {
  const auto groups = db.groups_after(after, limit);
  if (!groups.ok()) return groups.error();
  Json list = Json::array();
  for (const Group& group : groups.value()) list.push_back(to_json(group));
  const bool more = groups.value().size() == limit;
  return json_answer(200, {{"groups", std::move(list)}, {"next", more ? Json(groups.value().back().id) : Json()}});
}

StoreResult<HttpResponse> group_page(Database& db, GroupId id) {
  const auto found = db.find_group(id);
  if (!found.ok()) return found.error();
  if (!found.value()) return no_such_group(std::to_string(id));
  const GroupState& group = *found.value();
  std::vector<UserId> ids;
  for (const GroupMember& member : group.members) ids.push_back(member.user);
  const auto profiles = db.profiles(ids);
  if (!profiles.ok()) return profiles.error();
  // Both stand in the order of the ids; an account that is not known any more has no name.
  Json members = Json::array();
  size_t at = 0;
  for (const GroupMember& member : group.members) {
    Json entry{{"id", member.user}};
    if (at < profiles.value().size() && profiles.value()[at].id == member.user)
      entry["name"] = profiles.value()[at++].name;
    entry["joined_after"] = member.joined_after;
    entry["shielded"] = member.shielded;
    members.push_back(std::move(entry));
  }
  Json json = to_json(group.group);
  json["members"] = std::move(members);
  return json_answer(200, json);
}

std::string read_group_name(Fields& fields, const GroupSettings& limits) {
  return fields.required_plain("name", limits.max_name);
}

/// The answer to what has been done to the group's members in one or two steps.
struct MembersChanged {
  std::vector<UserId> added;
  std::vector<UserId> removed;
  uint32_t version = 0;
  size_t members = 0;

  HttpResponse answer(GroupId group) const {
    return json_answer(
        200, {{"id", group}, {"version", version}, {"members", members}, {"added", added}, {"removed", removed}});
  }
};

/// Adds, and then removes: each in one piece.
struct MemberRequest {
  MsgServerParts& server;
  Reply reply;
  GroupId group;
  std::vector<UserId> add;
  std::vector<UserId> remove;
  MembersChanged result{};

  void begin() const { add.empty() ? remove_them() : add_them(); }

 private:
  MemberChange order(bool adding) const {
    MemberChange change{.group = group, .add = adding, .users = adding ? add : remove};
    change.max_members = server.config.groups.max_members;
    return change;
  }
  void add_them() const {
    change_members(server, order(true), ConnId::kNone,
                   [next = *this](const StoreResult<GroupChanged>& changed) mutable {
                     if (!changed.ok()) return next.reply(store_refusal(changed.error()));
                     next.take(changed.value());
                     next.result.added = changed.value().changed;
                     next.remove.empty() ? next.reply(next.result.answer(next.group)) : next.remove_them();
                   });
  }
  void remove_them() const {
    change_members(server, order(false), ConnId::kNone,
                   [next = *this](const StoreResult<GroupChanged>& changed) mutable {
                     if (!changed.ok()) return next.reply(store_refusal(changed.error(), next.what_was_done()));
                     next.take(changed.value());
                     next.result.removed = changed.value().changed;
                     next.reply(next.result.answer(next.group));
                   });
  }
  const char* what_was_done() const {
    return add.empty() ? kNothingDone : "users were added, but nobody was removed: try again";
  }
  void take(const GroupChanged& changed) {
    result.version = changed.now.group.version;
    result.members = changed.now.members.size();
  }
};

}  // namespace

AdminResult list_groups(AdminCall& call) {
  Fields query = Fields::of_query(call.request);
  const Page page = read_page(query, call.settings().max_list);
  if (auto refused = query.refusal()) return refused;
  return answer_from_store(call, [page](Database& db) { return groups_page(db, page.after, page.limit); });
}

AdminResult show_group(AdminCall& call) {
  if (auto refused = Fields::of_query(call.request).refusal()) return refused;
  const GroupId id = group_in_path(call);
  if (id == 0) return no_such_group(call.id);
  return answer_from_store(call, [id](Database& db) { return group_page(db, id); });
}

AdminResult add_group(AdminCall& call) {
  MsgServerParts& server = call.server();
  Fields fields = Fields::of_body(call.request.body);
  NewGroup group;
  group.name = read_group_name(fields, server.config.groups);
  const std::string kind = fields.text("kind", 16).value_or("normal");
  if (kind != "normal" && kind != "temporary") fields.refuse("kind", R"("normal" or "temporary")");
  group.kind = kind == "normal" ? GroupKind::kNormal : GroupKind::kTemporary;
  group.avatar_url = fields.plain("avatar_url", server.config.profile.max_avatar_url).value_or("");
  group.max_members = server.config.groups.max_members;
  const auto creator = fields.user("creator");
  const std::vector<UserRef> members = fields.users("members", group.max_members);
  if (auto refused = fields.refusal()) return refused;

  std::vector<NamedUsers> named{{"members", members}};
  if (creator) named.push_back({"creator", {*creator}});
  find_users_then(call, std::move(named), [&server, group, reply = call.reply](const std::vector<FoundUsers>& found) {
    NewGroup complete = group;
    complete.members = found[0].ids;
    if (found.size() > 1) complete.creator = found[1].ids.front();
    create_group(server, complete, ConnId::kNone, [reply](const StoreResult<GroupChanged>& created) {
      if (!created.ok()) return reply(store_refusal(created.error()));
      const GroupState& now = created.value().now;
      reply(json_answer(201, {{"id", now.group.id}, {"version", now.group.version}, {"members", now.members.size()}}));
    });
  });
  return std::nullopt;
}

AdminResult rename_group(AdminCall& call) {
  MsgServerParts& server = call.server();
  const GroupId id = group_in_path(call);
  if (id == 0) return no_such_group(call.id);
  Fields fields = Fields::of_body(call.request.body);
  GroupEdit edit;
  if (fields.has("name")) edit.name = read_group_name(fields, server.config.groups);
  edit.avatar_url = fields.plain("avatar_url", server.config.profile.max_avatar_url);
  if (auto refused = fields.refusal()) return refused;
  edit_group(server, id, edit, [reply = call.reply](const StoreResult<GroupChanged>& changed) {
    reply(changed.ok() ? json_answer(200, to_json(changed.value().now.group)) : store_refusal(changed.error()));
  });
  return std::nullopt;
}

AdminResult remove_group(AdminCall& call) {
  const GroupId id = group_in_path(call);
  if (id == 0) return no_such_group(call.id);
  delete_group(call.server(), id, [reply = call.reply, id](const StoreResult<GroupState>& last) {
    reply(last.ok() ? json_answer(200, {{"id", id}, {"members", last.value().members.size()}})
                    : store_refusal(last.error()));
  });
  return std::nullopt;
}

AdminResult change_group_members(AdminCall& call) {
  MsgServerParts& server = call.server();
  const GroupId id = group_in_path(call);
  if (id == 0) return no_such_group(call.id);
  Fields fields = Fields::of_body(call.request.body);
  const std::vector<UserRef> add = fields.users("add", server.config.groups.max_members);
  const std::vector<UserRef> remove = fields.users("remove", server.config.groups.max_members);
  if (fields.fine() && add.empty() && remove.empty()) fields.refuse("add", R"(this or "remove" must name somebody)");
  if (auto refused = fields.refusal()) return refused;
  find_users_then(call, {{"add", add}, {"remove", remove}},
                  [&server, reply = call.reply, id](const std::vector<FoundUsers>& found) {
                    MemberRequest{server, reply, id, found[0].ids, found[1].ids}.begin();
                  });
  return std::nullopt;
}

}  // namespace talkbeat::admin
