#pragma once

#include "msg_server/admin/call.h"

namespace talkbeat::admin {

// One free function a call of the API, found through the table in routes.cpp. Each reads its fields, and answers at
// once what is wrong with them; else it asks the store and answers later. Asked for by whoever has the key: what they
// do is limited by what the store allows, not by who asks.

// user_pages.cpp
AdminResult list_users(AdminCall& call);
AdminResult show_user(AdminCall& call);
AdminResult add_user(AdminCall& call);
AdminResult edit_user(AdminCall& call);

// account_pages.cpp: what takes rights away also ends the user's sessions, on every server
AdminResult set_password(AdminCall& call);
AdminResult disable_user(AdminCall& call);
AdminResult enable_user(AdminCall& call);
AdminResult revoke_user(AdminCall& call);

// department_pages.cpp
AdminResult list_departments(AdminCall& call);
AdminResult add_department(AdminCall& call);
AdminResult edit_department(AdminCall& call);
AdminResult delete_department(AdminCall& call);

// group_pages.cpp
AdminResult list_groups(AdminCall& call);
AdminResult show_group(AdminCall& call);
AdminResult add_group(AdminCall& call);
AdminResult rename_group(AdminCall& call);
AdminResult remove_group(AdminCall& call);
AdminResult change_group_members(AdminCall& call);

// message_pages.cpp
AdminResult post_message(AdminCall& call);
AdminResult post_broadcast(AdminCall& call);
AdminResult show_broadcast(AdminCall& call);

// server_pages.cpp
AdminResult show_online(AdminCall& call);
AdminResult kick(AdminCall& call);
AdminResult end_sessions(AdminCall& call);
AdminResult drain(AdminCall& call);
AdminResult show_ledger(AdminCall& call);
AdminResult show_status(AdminCall& call);
AdminResult show_why(AdminCall& call);

// teamtalk_pages.cpp: the two calls of TeamTalk's own HTTP service
AdminResult query_create_group(AdminCall& call);
AdminResult query_change_members(AdminCall& call);

}  // namespace talkbeat::admin
