#include <algorithm>
#include <unordered_map>

#include "base/utf8.h"
#include "msg_server/client_answers.h"
#include "msg_server/groups/group_changes.h"
#include "msg_server/handlers.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

// PROTOCOL.md: an answer with groups has about so many bytes at most, but always one group where there is one.
constexpr size_t kMaxInfoBytes = 512 << 10;
// A list of versions cannot be asked for in parts. Far more groups than anybody looks at, and half of a PDU.
constexpr size_t kMaxListed = 50'000;

/// A request that changes a group, and its answer as far as it is known. `refuse` and the store's refusals go into its
/// result_code.
template <class Response>
struct GroupAnswer {
  MsgServerParts& server;
  ConnId conn;
  PduHeader header;
  Response response;

  void send(uint32_t result_code) const {
    Connection* connection = server.connections.find(conn);
    if (connection == nullptr) return;
    Response full = response;
    full.set_result_code(result_code);
    send_pdu(*connection, full, header.seq_num);
  }
  Verdict refuse(ErrorCode code) const {
    send(code);
    return Verdict::handled();
  }
  void fail(StoreError error) const {
    Connection* connection = server.connections.find(conn);
    if (connection == nullptr) return;
    if (const auto code = result_code_of(error)) {
      send(*code);
    } else {
      send_error(*connection, header, refusal_of(error));
    }
  }
};

template <class Response>
GroupAnswer<Response> answer_of(const ClientContext& client, const PduHeader& header) {
  GroupAnswer<Response> answer{client.server, client.connection.id(), header, {}};
  answer.response.set_user_id(client.session.user);
  return answer;
}

using HeldVersions = std::unordered_map<GroupId, uint32_t>;

/// Of these groups of the user's, those whose version has moved on, as many as fit.
StoreResult<std::vector<GroupState>> changed_groups(Database& db, UserId user, const HeldVersions& held) {
  const StoreResult<std::vector<Group>> groups = db.groups_of(user);
  if (!groups.ok()) return groups.error();
  std::vector<GroupState> changed;
  size_t bytes = 0;
  for (const Group& group : groups.value()) {
    const auto wanted = held.find(group.id);
    if (wanted == held.end() || wanted->second == group.version) continue;
    StoreResult<std::optional<GroupState>> state = db.find_group(group.id);
    if (!state.ok()) return state.error();
    // It may have been deleted, or the user removed, since the list was read.
    if (!state.value() ||
        std::ranges::find(state.value()->members, user, &GroupMember::user) == state.value()->members.end()) {
      continue;
    }
    IM::BaseDefine::GroupInfo info;
    fill(info, *state.value(), user);
    bytes += info.ByteSizeLong();
    if (bytes > kMaxInfoBytes && !changed.empty()) break;
    changed.push_back(*std::move(state.value()));
  }
  return changed;
}

/// What is wrong with a new group before the store is asked.
std::optional<ErrorCode> fault_of(const MsgServerConfig& config, const IM::Group::IMGroupCreateReq& request) {
  // Normal groups are the administrator's to make.
  if (request.group_type() != IM::BaseDefine::GROUP_TYPE_TMP) return ERROR_NOT_ALLOWED;
  if (!is_group_name(config.groups, request.group_name())) return ERROR_INVALID_ARGUMENT;
  const std::string& avatar = request.group_avatar();
  if (avatar.size() > config.profile.max_avatar_url || !is_plain_text(avatar)) return ERROR_INVALID_ARGUMENT;
  if (static_cast<size_t>(request.member_id_list_size()) > config.client.max_list) return ERROR_LIMIT_REACHED;
  return std::nullopt;
}

}  // namespace

Verdict on_group_list(ClientContext& client, const PduHeader& header, const IM::Group::IMNormalGroupListReq& request) {
  const UserId user = client.session.user;
  return answer_from_store<std::vector<Group>>(
      client, header, [user](Database& db) { return db.groups_of(user); },
      [user, all = request.temporary_too(), seq_num = header.seq_num](Connection& connection,
                                                                      const std::vector<Group>& groups) {
        IM::Group::IMNormalGroupListRsp response;
        response.set_user_id(user);
        for (const Group& group : groups) {
          if (!all && group.kind != GroupKind::kNormal) continue;
          if (response.group_version_list_size() == kMaxListed) break;
          auto& entry = *response.add_group_version_list();
          entry.set_group_id(group.id);
          entry.set_version(group.version);
        }
        send_pdu(connection, response, seq_num);
      });
}

Verdict on_group_info(ClientContext& client, const PduHeader& header, const IM::Group::IMGroupInfoListReq& request) {
  if (static_cast<size_t>(request.group_version_list_size()) > client.server.config.client.max_list) {
    return Verdict::refused(ERROR_INVALID_ARGUMENT, "too many groups in one request");
  }
  const UserId user = client.session.user;
  HeldVersions held;
  for (const auto& entry : request.group_version_list()) held[entry.group_id()] = entry.version();
  return answer_from_store<std::vector<GroupState>>(
      client, header, [user, held](Database& db) { return changed_groups(db, user, held); },
      [user, seq_num = header.seq_num](Connection& connection, const std::vector<GroupState>& groups) {
        IM::Group::IMGroupInfoListRsp response;
        response.set_user_id(user);
        for (const GroupState& group : groups) fill(*response.add_group_info_list(), group, user);
        send_pdu(connection, response, seq_num);
      });
}

namespace {

/// A change goes to every member, and costs the store's writer a row a member.
bool too_many_changes(ClientContext& client) {
  const GroupSettings& settings = client.server.config.groups;
  auto& bucket = client.session.group_changes;
  if (bucket == nullptr) {
    bucket = std::make_unique<TokenBucket>(settings.change_rate, settings.change_burst, client.connection.now());
  }
  return !bucket->take(client.connection.now());
}

}  // namespace

Verdict on_group_create(ClientContext& client, const PduHeader& header, const IM::Group::IMGroupCreateReq& request) {
  auto answer = answer_of<IM::Group::IMGroupCreateRsp>(client, header);
  // A name that is refused is not sent back, since it may be no text that the client can read.
  const bool good_name = is_group_name(client.server.config.groups, request.group_name());
  answer.response.set_group_name(good_name ? request.group_name() : "");
  if (const auto fault = fault_of(client.server.config, request)) return answer.refuse(*fault);
  if (too_many_changes(client)) return answer.refuse(ERROR_RATE_LIMITED);
  NewGroup group;
  group.kind = GroupKind::kTemporary;
  group.name = request.group_name();
  group.avatar_url = request.group_avatar();
  group.creator = client.session.user;
  group.members.assign(request.member_id_list().begin(), request.member_id_list().end());
  create_group(client.server, std::move(group), answer.conn, [answer](const StoreResult<GroupChanged>& created) {
    if (!created.ok()) return answer.fail(created.error());
    auto full = answer;
    full.response.set_group_id(created.value().now.group.id);
    for (const UserId user : created.value().changed) full.response.add_user_id_list(user);
    full.send(0);
  });
  return Verdict::handled();
}

Verdict on_group_change_members(ClientContext& client, const PduHeader& header,
                                const IM::Group::IMGroupChangeMemberReq& request) {
  auto answer = answer_of<IM::Group::IMGroupChangeMemberRsp>(client, header);
  answer.response.set_change_type(request.change_type());
  answer.response.set_group_id(request.group_id());
  if (static_cast<size_t>(request.member_id_list_size()) > client.server.config.client.max_list) {
    return answer.refuse(ERROR_LIMIT_REACHED);
  }
  if (too_many_changes(client)) return answer.refuse(ERROR_RATE_LIMITED);
  MemberChange change;
  change.group = request.group_id();
  change.actor = client.session.user;
  change.max_members = client.server.config.groups.max_members;
  change.add = request.change_type() == IM::BaseDefine::GROUP_MODIFY_TYPE_ADD;
  change.users.assign(request.member_id_list().begin(), request.member_id_list().end());
  change_members(client.server, std::move(change), answer.conn, [answer](const StoreResult<GroupChanged>& changed) {
    if (!changed.ok()) return answer.fail(changed.error());
    auto full = answer;
    for (const GroupMember& member : changed.value().now.members) full.response.add_cur_user_id_list(member.user);
    for (const UserId user : changed.value().changed) full.response.add_chg_user_id_list(user);
    full.send(0);
  });
  return Verdict::handled();
}

Verdict on_group_shield(ClientContext& client, const PduHeader& header, const IM::Group::IMGroupShieldReq& request) {
  auto answer = answer_of<IM::Group::IMGroupShieldRsp>(client, header);
  answer.response.set_group_id(request.group_id());
  if (request.shield_status() > 1) return answer.refuse(ERROR_INVALID_ARGUMENT);
  client.server.store.write<Done>(
      [user = client.session.user, group = request.group_id(), shielded = request.shield_status() == 1](Database& db) {
        return db.set_group_shield(user, group, shielded);
      },
      [answer](const StoreResult<Done>& done) {
        if (!done.ok()) return answer.fail(done.error());
        answer.send(0);
      });
  return Verdict::handled();
}

}  // namespace talkbeat
