#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/connection_table.h"
#include "msg_server/bus/bus.h"
#include "msg_server/client_session.h"
#include "msg_server/groups/group_cache.h"
#include "msg_server/ledger.h"
#include "msg_server/p2p_command.h"
#include "msg_server/recent_sequences.h"
#include "msg_server/store/store.h"
#include "msg_server/user_directory.h"
#include "msg_server/watchers.h"

namespace talkbeat {

/// A group's message that is in the store, on its way to the members.
struct GroupMessage {
  GroupId group = 0;
  uint32_t version = 0;  ///< the members as of this version of the group, or a newer one, get it
  UserId from = 0;
  uint32_t msg_id = 0;
  uint64_t sequence = 0;
  SharedBytes pdu;
};

/// Brings PDUs to users wherever they are: to the sessions on this server, and over the bus to those on the others.
/// The loop's thread only.
///
/// A message that could not be delivered now (too much waits for the members of groups, the store does not answer) is
/// not lost: it is in the store, and a moment later a sweep brings it.
class Delivery {
 public:
  /// Up to so many members of a group are named in a relay, which then goes to their servers only. A larger group is
  /// relayed as such, to all servers, and each finds its members.
  static constexpr size_t kNamedMembers = 200;
  /// So many messages are remembered as brought: enough for those of half a minute (the time in which a dead link is
  /// noticed) at full load.
  static constexpr size_t kRecent = 1 << 17;

  Delivery(ConnectionTable& connections, UserDirectory& users, Watchers& watchers, GroupCache& groups, Store& store,
           Bus& bus, Ledger& ledger, size_t remembered = kRecent);

  /// To all sessions of the user, or those of one class, but for `except`.
  void to_user(UserId user, const SharedBytes& pdu, ConnId except = ConnId::kNone,
               std::optional<ClientClass> only = std::nullopt);
  /// A command that nobody keeps: to all sessions of `to`, and those of `from` but for the one that has sent it. Goes
  /// over the bus only where somebody is known to be elsewhere, or `to` is not known to be anywhere: what is worth
  /// nothing a moment later must not cost every server something.
  void pass_on(const P2pCommand& command, ConnId sender);
  /// To all sessions of all of them.
  void to_users(std::span<const UserId> users, const SharedBytes& pdu, ConnId except = ConnId::kNone);

  /// To the sessions that are interested in this user, but for the user's own.
  void to_watchers(UserId about, const SharedBytes& pdu);

  /// A message that has just been stored (or was sent again): to every session of both, but for the one that sent it.
  void message(UserId from, UserId to, const SharedBytes& pdu, uint64_t sequence, ConnId except);
  /// The same for a group's: to every session of every member who was in it before the message. What is handed over for
  /// one group leaves in this order.
  void group_message(const GroupMessage& message, ConnId except);
  /// Not a stored message: to all sessions of the members as they are now, and of those who have `gone`.
  void to_group(const GroupState& now, std::span<const UserId> gone, const SharedBytes& pdu, ConnId except);

  /// From another server, for sessions on this one. Of a stored message, those get it that began before it.
  void relayed(const TbRelay& relay);
  /// The same for what names its receivers, and is no stored message.
  void relayed_to(std::span<const UserId> users, std::span<const std::byte> pdu, std::optional<ClientClass> only);

  /// How far the store had got when this server began: nothing before it is ever swept. Until it is known, sweeps do
  /// nothing: whoever logs in later fetches what there is.
  void begin_at(uint64_t sequence) { begin_ = sequence; }

  /// Relays may have been lost: delivers from the store what came after `after_sequence` and was not delivered from
  /// here. A session gets only what is newer than its login: what is older it fetches itself.
  void sweep(uint64_t after_sequence);

  /// The store has answered a message that this session has sent: it has this place, or is refused.
  void answered(ConnId sender, std::optional<uint64_t> sequence);

  /// Stored messages that were brought on their way from here.
  uint64_t messages() const { return ledger_.of(LedgerEntry::kHandedOn); }
  uint64_t swept_messages() const { return swept_; }
  /// Messages left to a sweep, since they could not be delivered at once.
  uint64_t delayed_messages() const { return ledger_.of(LedgerEntry::kLeftToSweep); }
  /// Messages that were noted as brought to the sessions here: each once.
  uint64_t first_times() const { return recent_.inserted(); }

  /// A sweep for what was delayed begins so long after the first of it.
  static constexpr Tick kRetryMs = 1'000;
  /// Swept messages that wait for answered(); those beyond are left to their sessions' next sync.
  static constexpr size_t kMaxUndecided = 10'000;
  static constexpr size_t kMaxUndecidedBytes = 16 << 20;

 private:
  struct Undecided {
    ConnId session;
    uint64_t sequence;
    SharedBytes pdu;
  };

  template <class Bytes>
  void to_local(UserId user, const Bytes& pdu, ConnId except, std::optional<ClientClass> only);
  bool to_local(UserId user, const P2pCommand& command, ConnId sender);
  /// The message is one that the sessions here have not had: notes it as brought. False: they have had it.
  bool first_time(uint64_t sequence);
  /// A copy of a message to each session of the user here. `copy_for(connection)` says what becomes of it: kDelivered,
  /// kLeftForLater or kSendersOwn.
  template <class CopyFor>
  void bring(UserId user, const SharedBytes& pdu, CopyFor copy_for);
  template <class CopyFor>
  void hand_over(ConnId session, const SharedBytes& pdu, CopyFor copy_for);
  void to_local_watchers(UserId about, const SharedBytes& pdu);
  void relayed_message(const TbRelay& relay, const SharedBytes& pdu);

  // group_delivery.cpp
  enum class Origin : uint8_t { kStored, kRelayed, kSwept };
  void deliver(const GroupMessage& message, Origin origin, ConnId except);
  void bring_to_members(const GroupMessage& message, const GroupCache::Found& members, Origin origin, ConnId except);
  void relay_message(const GroupMessage& message, const GroupCache::Found& members);
  void to_local_members(const GroupMembers& members, const GroupMessage& message, Origin origin, ConnId except);
  std::vector<ConnId> local_sessions(const GroupMembers& members, uint32_t msg_id) const;
  void to_all_local_members(const GroupMembers& members, const SharedBytes& pdu, ConnId except, UserId except_user);
  void relayed_to_group(const TbRelay& relay, const SharedBytes& pdu);

  void sweep_page(uint64_t after_sequence);
  void deliver_swept(const SequencedMessage& message);
  void pass_over();
  LedgerEntry swept_to_sender(const Connection& connection, uint64_t sequence, const SharedBytes& pdu);
  void sweep_later(uint64_t after_sequence);
  void sweep_missed();
  void end_sweep();

  ConnectionTable& connections_;
  UserDirectory& users_;
  Watchers& watchers_;
  GroupCache& groups_;
  Store& store_;
  Bus& bus_;
  Ledger& ledger_;
  RecentSequences recent_;
  std::optional<uint64_t> begin_;
  std::optional<uint64_t> next_after_;    // asked for while a sweep reads: begins behind it
  std::optional<uint64_t> missed_after_;  // could not be delivered: tried again in a while
  bool sweeping_ = false;
  Timer retry_timer_;
  uint64_t swept_ = 0;
  std::vector<Undecided> undecided_;
  size_t undecided_bytes_ = 0;
  // By their place, the sessions that have sent the group messages which wait for their members.
  std::unordered_map<uint64_t, ConnId> sent_here_;
};

template <class CopyFor>
void Delivery::hand_over(ConnId session, const SharedBytes& pdu, CopyFor copy_for) {
  Connection* connection = connections_.find(session);
  LedgerEntry copy = connection == nullptr ? LedgerEntry::kLeftForLater : copy_for(*connection);
  if (copy == LedgerEntry::kDelivered) {
    connection->send(pdu);
    if (connection->closing()) copy = LedgerEntry::kLeftForLater;  // it has read too slowly, or is broken
  }
  ledger_.add(copy);
}

}  // namespace talkbeat
