#include "msg_server/groups/group_changes.h"

#include <utility>

#include "base/utf8.h"
#include "proto/group.pb.h"

namespace talkbeat {

namespace {

using IM::BaseDefine::GROUP_MODIFY_TYPE_ADD;
using IM::BaseDefine::GROUP_MODIFY_TYPE_DEL;
using IM::BaseDefine::GroupModifyType;
using IM::Group::IMGroupChangeMemberNotify;

IMGroupChangeMemberNotify notify_of(UserId actor, GroupModifyType type, const GroupState& now,
                                    std::span<const UserId> changed) {
  IMGroupChangeMemberNotify notify;
  notify.set_user_id(actor);
  notify.set_change_type(type);
  notify.set_group_id(now.group.id);
  for (const GroupMember& member : now.members) notify.add_cur_user_id_list(member.user);
  for (const UserId user : changed) notify.add_chg_user_id_list(user);
  return notify;
}

/// Who came is a member by now; who went is none any more, and hears of it all the same.
void tell_members(MsgServerParts& server, UserId actor, GroupModifyType type, const GroupChanged& change,
                  ConnId asker) {
  const SharedBytes pdu = encode_pdu(notify_of(actor, type, change.now, change.changed));
  std::span<const UserId> gone;
  if (type == GROUP_MODIFY_TYPE_DEL) gone = change.changed;
  server.delivery.to_group(change.now, gone, pdu, asker);
}

void tell_deleted(MsgServerParts& server, GroupState last) {
  std::vector<UserId> gone;
  for (const GroupMember& member : last.members) gone.push_back(member.user);
  last.members.clear();
  server.groups.forget(last.group.id);
  server.delivery.to_users(gone, encode_pdu(notify_of(0, GROUP_MODIFY_TYPE_DEL, last, gone)));
}

}  // namespace

void create_group(MsgServerParts& server, NewGroup group, ConnId asker, GroupDone done) {
  group.max_members = server.config.groups.max_members;
  server.store.write<GroupChanged>(
      [group, now = server.loop.unix_seconds()](Database& db) { return db.create_group(group, now); },
      [&server, asker, actor = group.creator, done = std::move(done)](const StoreResult<GroupChanged>& created) {
        done(created);
        if (created.ok()) tell_members(server, actor, GROUP_MODIFY_TYPE_ADD, created.value(), asker);
      });
}

void change_members(MsgServerParts& server, MemberChange change, ConnId asker, GroupDone done) {
  change.members_may_add = server.config.groups.members_may_add;
  const GroupModifyType type = change.add ? GROUP_MODIFY_TYPE_ADD : GROUP_MODIFY_TYPE_DEL;
  server.store.write<GroupChanged>(
      [change, now = server.loop.unix_seconds()](Database& db) { return db.change_members(change, now); },
      [&server, asker, actor = change.actor, type, done = std::move(done)](const StoreResult<GroupChanged>& changed) {
        done(changed);
        const bool news = changed.ok() && !changed.value().changed.empty();
        if (news) tell_members(server, actor, type, changed.value(), asker);
      });
}

void edit_group(MsgServerParts& server, GroupId group, const GroupEdit& edit, GroupDone done) {
  server.store.write<GroupChanged>([group, edit](Database& db) { return db.edit_group(group, edit); },
                                   [&server, done = std::move(done)](const StoreResult<GroupChanged>& edited) {
                                     done(edited);
                                     if (!edited.ok()) return;
                                     tell_members(server, 0, GROUP_MODIFY_TYPE_ADD, edited.value(), ConnId::kNone);
                                   });
}

void delete_group(MsgServerParts& server, GroupId group, Store::Callback<GroupState> done) {
  server.store.write<GroupState>([group](Database& db) { return db.delete_group(group); },
                                 [&server, done = std::move(done)](const StoreResult<GroupState>& last) {
                                   done(last);
                                   if (last.ok()) tell_deleted(server, last.value());
                                 });
}

bool is_group_name(const GroupSettings& settings, std::string_view name) {
  return !name.empty() && name.size() <= settings.max_name && is_plain_text(name);
}

}  // namespace talkbeat
