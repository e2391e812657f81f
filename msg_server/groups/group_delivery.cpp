#include "base/log.h"
#include "msg_server/delivery.h"
#include "msg_server/wire_records.h"

// What Delivery does for groups.
namespace talkbeat {

namespace {

template <class Wants>
std::vector<UserId> users_of(const GroupMembers& members, Wants wants) {
  std::vector<UserId> users;
  for (const GroupMembers::Member& member : members.all) {
    if (wants(member)) users.push_back(member.user);
  }
  return users;
}

// A message on its way: it holds the PDU, and little else.
size_t bytes_of(const SharedBytes& pdu) {
  return pdu.size() + sizeof(GroupMessage);
}

}  // namespace

void Delivery::group_message(const GroupMessage& message, ConnId except) {
  ledger_.add(LedgerEntry::kHandedOn);
  bus_.note_sequence(message.sequence);
  deliver(message, Origin::kStored, except);
}

// Whether it has been delivered before is looked at when its turn comes, since two relays of one message may wait.
void Delivery::deliver(const GroupMessage& message, Origin origin, ConnId except) {
  const auto use = [this, message, origin, except](const GroupCache::Found& members) {
    if (origin == Origin::kStored) relay_message(message, members);
    bring_to_members(message, members, origin, except);
    if (origin == Origin::kStored) sent_here_.erase(message.sequence);
  };
  if (message.version == 0) {  // the group has been deleted, though it may still be in the cache
    use(StoreError::kUnknownGroup);
  } else if (!groups_.with_members(message.group, message.version, bytes_of(message.pdu), use)) {
    if (origin == Origin::kStored) sent_here_[message.sequence] = except;
  }
}

void Delivery::bring_to_members(const GroupMessage& message, const GroupCache::Found& members, Origin origin,
                                ConnId except) {
  if (members.ok()) {
    to_local_members(*members.value(), message, origin, except);
  } else if (members.error() == StoreError::kUnknownGroup) {
    ledger_.add(LedgerEntry::kVoid);
  } else {
    ledger_.add(LedgerEntry::kLeftToSweep);
    log_debug("group_message_delayed", {{"group", message.group}, {"error", to_string(members.error())}});
    sweep_later(message.sequence - 1);
  }
}

// Where the members are not known now, the other servers may know them.
void Delivery::relay_message(const GroupMessage& message, const GroupCache::Found& members) {
  if (!members.ok() && members.error() == StoreError::kUnknownGroup) {
    ledger_.add(LedgerEntry::kNotRelayed);
    return;
  }
  if (members.ok() && members.value()->all.size() <= kNamedMembers) {
    const auto users =
        users_of(*members.value(), [&](const auto& member) { return member.joined_after < message.msg_id; });
    bus_.relay(users, message.pdu, message.sequence, std::nullopt);
  } else {
    bus_.relay_to_group(message.group, message.version, message.pdu, message.sequence, 0);
  }
  ledger_.add(LedgerEntry::kRelayed);
}

void Delivery::to_local_members(const GroupMembers& members, const GroupMessage& message, Origin origin,
                                ConnId except) {
  const bool swept = origin == Origin::kSwept;
  const std::vector<ConnId> sessions = local_sessions(members, message.msg_id);
  if (swept && sessions.empty()) return pass_over();
  if (!first_time(message.sequence)) return;
  if (swept) ++swept_;
  ledger_.add(LedgerEntry::kDue, sessions.size());
  const auto sent = sent_here_.find(message.sequence);  // also where a sweep has overtaken it
  const ConnId sender = sent == sent_here_.end() ? except : sent->second;
  const auto copy_for = [&](const Connection& connection) {
    const auto& session = connection.attachment<ClientSession>();
    if (connection.id() == sender) return LedgerEntry::kSendersOwn;
    // It may have waited for the members: who has logged in meanwhile fetches it.
    if (session.begun_at >= message.sequence) return LedgerEntry::kLeftForLater;
    if (swept && session.user == message.from) return swept_to_sender(connection, message.sequence, message.pdu);
    return LedgerEntry::kDelivered;
  };
  for (const ConnId session : sessions) hand_over(session, message.pdu, copy_for);
  ledger_.add(LedgerEntry::kBrought);
}

// One pass over whichever is fewer. A list of ids, since sending may close a slow reader and so change the directory.
std::vector<ConnId> Delivery::local_sessions(const GroupMembers& members, uint32_t msg_id) const {
  std::vector<ConnId> sessions;
  if (users_.local_users() < members.all.size()) {
    users_.for_all_local([&](UserId user, ClientClass, const LocalSession& session) {
      const GroupMembers::Member* member = members.find(user);
      if (member != nullptr && member->joined_after < msg_id) sessions.push_back(session.conn);
    });
    return sessions;
  }
  for (const GroupMembers::Member& member : members.all) {
    if (member.joined_after >= msg_id) continue;
    users_.for_each_local(member.user,
                          [&](ClientClass, const LocalSession& session) { sessions.push_back(session.conn); });
  }
  return sessions;
}

void Delivery::to_all_local_members(const GroupMembers& members, const SharedBytes& pdu, ConnId except,
                                    UserId except_user) {
  for (const ConnId id : local_sessions(members, UINT32_MAX)) {
    Connection* connection = id == except ? nullptr : connections_.find(id);
    if (connection == nullptr) continue;
    if (except_user == 0 || connection->attachment<ClientSession>().user != except_user) connection->send(pdu);
  }
}

void Delivery::to_group(const GroupState& now, std::span<const UserId> gone, const SharedBytes& pdu, ConnId except) {
  groups_.put(members_of(now));
  const GroupId group = now.group.id;
  const uint32_t version = now.group.version;
  groups_.with_members(group, version, bytes_of(pdu), [this, pdu, except](const GroupCache::Found& members) {
    if (members.ok()) to_all_local_members(*members.value(), pdu, except, 0);
  });
  if (now.members.size() <= kNamedMembers) {
    std::vector<UserId> users;
    for (const GroupMember& member : now.members) users.push_back(member.user);
    bus_.relay(users, pdu, std::nullopt, std::nullopt);
  } else {
    bus_.relay_to_group(group, version, pdu, std::nullopt, 0);
  }
  to_users(gone, pdu, except);
}

void Delivery::relayed_to_group(const TbRelay& relay, const SharedBytes& pdu) {
  if (!relay.has_message_sequence()) {
    const UserId except = relay.except_user_id();
    groups_.with_members(relay.group_id(), relay.group_version(), bytes_of(pdu),
                         [this, pdu, except](const GroupCache::Found& members) {
                           if (members.ok()) to_all_local_members(*members.value(), pdu, ConnId::kNone, except);
                         });
    return;
  }
  const uint64_t sequence = relay.message_sequence();
  ledger_.add(LedgerEntry::kRelaysIn);
  bus_.note_sequence(sequence);
  if (recent_.contains(sequence)) {
    ledger_.add(LedgerEntry::kKnown);
    return;
  }
  const auto message = message_in(pdu.bytes());
  if (!message) {
    ledger_.add(LedgerEntry::kVoid);
    log_warn("relay_malformed", {{"group", relay.group_id()}, {"sequence", sequence}});
    return;
  }
  deliver({relay.group_id(), relay.group_version(), message->from_user_id(), message->msg_id(), sequence, pdu},
          Origin::kRelayed, ConnId::kNone);
}

}  // namespace talkbeat
