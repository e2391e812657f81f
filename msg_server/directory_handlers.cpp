#include <unordered_set>

#include "msg_server/changed_list.h"
#include "msg_server/handlers.h"
#include "msg_server/sessions.h"

// Who there is: users and departments.
namespace talkbeat {

namespace {

struct Users {
  using Row = Profile;
  using Response = IM::Buddy::IMAllUserRsp;
  static StoreResult<std::vector<Row>> read(Database& db, int64_t since, uint32_t after, size_t limit) {
    return db.profiles_changed(since, after, limit);
  }
  static void add(Response& response, const Row& row) { fill(*response.add_user_list(), row); }
};

struct Departments {
  using Row = Department;
  using Response = IM::Buddy::IMDepartmentRsp;
  static StoreResult<std::vector<Row>> read(Database& db, int64_t since, uint32_t after, size_t limit) {
    return db.departments_changed(since, after, limit);
  }
  static void add(Response& response, const Row& row) { fill(*response.add_dept_list(), row); }
};

/// An IMUsersInfoReq that is being answered, page by page.
struct InfoRequest {
  MsgServerParts& server;
  PduHeader header;
  UserId user;
  std::vector<UserId> wanted;  // each once
};

struct InfoPage {
  std::vector<Profile> profiles;
  size_t next = 0;  // the first one in `wanted` that was not looked up
};

std::vector<UserId> each_once(const google::protobuf::RepeatedField<uint32_t>& users) {
  std::unordered_set<UserId> seen;
  std::vector<UserId> result;
  for (const UserId user : users) {
    if (seen.insert(user).second) result.push_back(user);
  }
  return result;
}

StoreResult<InfoPage> read_info(Database& db, const std::vector<UserId>& wanted, size_t first) {
  InfoPage page{.profiles = {}, .next = first};
  size_t bytes = 0;
  for (; page.next < wanted.size(); ++page.next) {
    StoreResult<std::vector<Profile>> found = db.profiles(std::span(&wanted[page.next], 1));
    if (!found.ok()) return found.error();
    if (found.value().empty()) continue;
    bytes += wire_bytes(found.value().front());
    if (bytes > kListBytes && !page.profiles.empty()) break;
    page.profiles.push_back(std::move(found.value().front()));
  }
  return page;
}

void send_info(const InfoRequest& request, Connection& connection, const InfoPage& page) {
  IM::Buddy::IMUsersInfoRsp response;
  response.set_user_id(request.user);
  for (const Profile& profile : page.profiles) {
    fill(*response.add_user_info_list(), profile);
    request.server.sessions.watch(connection, profile.id);
  }
  send_pdu(connection, response, request.header.seq_num);
}

void answer_info(const InfoRequest& request, Connection& connection, size_t first) {
  read_for<InfoPage>(
      request.server, connection,
      [wanted = request.wanted, first](Database& db) { return read_info(db, wanted, first); },
      [request](Connection& present, const StoreResult<InfoPage>& page) {
        if (!page.ok()) {
          send_error(present, request.header, refusal_of(page.error()));
          return;
        }
        send_info(request, present, page.value());
        if (page.value().next == request.wanted.size()) return;
        if (present.waiting_to_send() > kEnoughWaiting) {
          send_error(present, request.header, kTooMuchUnread);
        } else {
          answer_info(request, present, page.value().next);
        }
      });
}

}  // namespace

Verdict on_users_info(ClientContext& client, const PduHeader& header, const IM::Buddy::IMUsersInfoReq& request) {
  if (static_cast<size_t>(request.user_id_list_size()) > client.server.config.client.max_list) return kTooManyIds;
  if (has_too_many_pending(client)) return kTooManyPending;
  answer_info({client.server, header, client.session.user, each_once(request.user_id_list())}, client.connection, 0);
  return Verdict::handled();
}

Verdict on_all_users(ClientContext& client, const PduHeader& header, const IM::Buddy::IMAllUserReq& request) {
  return ChangedList<Users>::answer(client, header, request.latest_update_time());
}

Verdict on_departments(ClientContext& client, const PduHeader& header, const IM::Buddy::IMDepartmentReq& request) {
  return ChangedList<Departments>::answer(client, header, request.latest_update_time());
}

}  // namespace talkbeat
