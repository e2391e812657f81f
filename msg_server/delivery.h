#pragma once

#include <optional>
#include <span>

#include "base/connection_table.h"
#include "msg_server/bus/bus.h"
#include "msg_server/recent_sequences.h"
#include "msg_server/store/store.h"
#include "msg_server/user_directory.h"

namespace talkbeat {

/// Brings PDUs to users wherever they are: to the sessions on this server, and over the bus to those on the others.
/// The loop's thread only.
class Delivery {
 public:
  Delivery(ConnectionTable& connections, UserDirectory& users, Store& store, Bus& bus)
      : connections_(connections), users_(users), store_(store), bus_(bus) {}

  /// To all sessions of the user, or those of one class, but for `except`.
  void to_user(UserId user, const SharedBytes& pdu, ConnId except = ConnId::kNone,
               std::optional<ClientClass> only = std::nullopt);

  /// A message that has just been stored (or was sent again): to every session of both, but for the one that sent it.
  void message(UserId from, UserId to, const SharedBytes& pdu, uint64_t sequence, ConnId except);

  /// From another server, for sessions on this one. Of a stored message, those get it that began before it.
  void relayed(const TbRelay& relay);

  /// How far the store had got when this server began: nothing before it is ever swept. Until it is known, sweeps do
  /// nothing: whoever logs in later fetches what there is.
  void begin_at(uint64_t sequence) { begin_ = sequence; }

  /// Relays may have been lost: delivers from the store what came after `sequence` and was not delivered from here. A
  /// session gets only what is newer than its login: what is older it fetches itself.
  void sweep(uint64_t after_sequence);

  uint64_t swept_messages() const { return swept_; }

 private:
  void to_local(UserId user, const SharedBytes& pdu, ConnId except, std::optional<ClientClass> only);
  void sweep_page(uint64_t after_sequence);
  void deliver_swept(const SequencedMessage& message);
  void relayed_message(const TbRelay& relay, const SharedBytes& pdu);
  template <class Wants>
  void to_local_if(UserId user, const SharedBytes& pdu, Wants wants);

  ConnectionTable& connections_;
  UserDirectory& users_;
  Store& store_;
  Bus& bus_;
  RecentSequences recent_{kRecent};
  std::optional<uint64_t> begin_;
  uint64_t swept_ = 0;

  // Enough for the messages of half a minute (the time in which a dead link is noticed) at full load.
  static constexpr size_t kRecent = 1 << 17;
};

}  // namespace talkbeat
