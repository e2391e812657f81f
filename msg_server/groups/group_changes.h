#pragma once

#include <string_view>

#include "msg_server/parts.h"

namespace talkbeat {

using GroupDone = Store::Callback<GroupChanged>;

/// The one way to change a group, for clients' requests and for the administration API: changes it in the store, calls
/// `done`, and then tells the members (IMGroupChangeMemberNotify) on all servers, those who have come or gone, too. Who
/// may do what, and how many members there may be, is decided by the store inside of the transaction, by the settings
/// of [groups]; so two changes on two servers at once come one after the other. `asker`: the session that is answered
/// in `done`, and is told nothing else; ConnId::kNone: none is. The loop's thread only; `done` is called later.
///
///   NewGroup group;
///   group.name = "all of us";
///   create_group(server, group, ConnId::kNone, [](const StoreResult<GroupChanged>& created) { … });
void create_group(MsgServerParts& server, NewGroup group, ConnId asker, GroupDone done);
void change_members(MsgServerParts& server, MemberChange change, ConnId asker, GroupDone done);
/// Members are told as if nobody had been added: that makes clients look at the group's version.
void edit_group(MsgServerParts& server, GroupId group, const GroupEdit& edit, GroupDone done);
/// For the members it looks as if the administrator had removed all of them.
void delete_group(MsgServerParts& server, GroupId group, Store::Callback<GroupState> done);

/// Neither empty nor longer than the setting, and plain text (utf8.h).
bool is_group_name(const GroupSettings& settings, std::string_view name);

}  // namespace talkbeat
