#include "msg_server/delivery.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

namespace {

// Messages read from the store at a time while sweeping: each may be as long as a PDU.
constexpr size_t kSweepPage = 64;

SharedBytes copy_of(const std::string& bytes) {
  SharedBytes copy(bytes.size());
  std::ranges::copy(std::as_bytes(std::span(bytes)), copy.bytes().begin());
  return copy;
}

// Who has logged in after a message fetches it.
LedgerEntry copy_unless_older(const Connection& connection, uint64_t sequence) {
  const bool is_new = connection.attachment<ClientSession>().begun_at < sequence;
  return is_new ? LedgerEntry::kDelivered : LedgerEntry::kLeftForLater;
}

}  // namespace

Delivery::Delivery(ConnectionTable& connections, UserDirectory& users, Watchers& watchers, GroupCache& groups,
                   Store& store, Bus& bus, Ledger& ledger, size_t remembered)
    : connections_(connections),
      users_(users),
      watchers_(watchers),
      groups_(groups),
      store_(store),
      bus_(bus),
      ledger_(ledger),
      recent_(remembered),
      retry_timer_(connections.loop().timers(), [this] { sweep_missed(); }) {}

template <class Bytes>
void Delivery::to_local(UserId user, const Bytes& pdu, ConnId except, std::optional<ClientClass> only) {
  users_.for_each_local(user, [&](ClientClass client_class, const LocalSession& session) {
    if (session.conn == except || (only && *only != client_class)) return;
    if (Connection* connection = connections_.find(session.conn)) connection->send(pdu);
  });
}

// Whether the user has a session here.
bool Delivery::to_local(UserId user, const P2pCommand& command, ConnId sender) {
  bool here = false;
  users_.for_each_local(user, [&](ClientClass, const LocalSession& session) {
    here = true;
    Connection* connection = session.conn == sender ? nullptr : connections_.find(session.conn);
    if (connection == nullptr) return;
    const std::span<std::byte> room = connection->send_in_place(command.pdu_size());
    if (!room.empty()) command.write_pdu(room);
  });
  return here;
}

void Delivery::pass_on(const P2pCommand& command, ConnId sender) {
  const bool to_oneself = command.to == command.from;
  const bool receiver_here = to_local(command.to, command, sender);
  if (!to_oneself) to_local(command.from, command, sender);

  std::array<UserId, 2> elsewhere;
  size_t count = 0;
  if (!receiver_here || users_.elsewhere(command.to)) elsewhere[count++] = command.to;
  if (!to_oneself && users_.elsewhere(command.from)) elsewhere[count++] = command.from;
  if (count == 0) return;
  SharedBytes pdu(command.pdu_size());
  command.write_pdu(pdu.bytes());
  bus_.relay(std::span(elsewhere).first(count), pdu, std::nullopt, std::nullopt);
}

void Delivery::relayed_to(std::span<const UserId> users, std::span<const std::byte> pdu,
                          std::optional<ClientClass> only) {
  for (const UserId user : users) to_local(user, pdu, ConnId::kNone, only);
}

void Delivery::to_user(UserId user, const SharedBytes& pdu, ConnId except, std::optional<ClientClass> only) {
  to_local(user, pdu, except, only);
  bus_.relay(std::array{user}, pdu, std::nullopt, only);
}

void Delivery::to_users(std::span<const UserId> users, const SharedBytes& pdu, ConnId except) {
  if (users.empty()) return;
  for (const UserId user : users) to_local(user, pdu, except, std::nullopt);
  bus_.relay(users, pdu, std::nullopt, std::nullopt);
}

void Delivery::to_watchers(UserId about, const SharedBytes& pdu) {
  to_local_watchers(about, pdu);
  bus_.relay_to_watchers(about, pdu);
}

void Delivery::to_local_watchers(UserId about, const SharedBytes& pdu) {
  watchers_.for_each(about, [&](ConnId session) {
    Connection* connection = connections_.find(session);
    if (connection != nullptr && connection->attachment<ClientSession>().user != about) connection->send(pdu);
  });
}

void Delivery::message(UserId from, UserId to, const SharedBytes& pdu, uint64_t sequence, ConnId except) {
  ledger_.add(LedgerEntry::kHandedOn);
  bus_.note_sequence(sequence);
  if (first_time(sequence)) {
    watchers_.watch_by_all(users_, to, from);
    // Sent again through this server, it may be older than a session here.
    const auto copy_for = [except, sequence](const Connection& connection) {
      return connection.id() == except ? LedgerEntry::kSendersOwn : copy_unless_older(connection, sequence);
    };
    bring(to, pdu, copy_for);
    bring(from, pdu, copy_for);
    ledger_.add(LedgerEntry::kBrought);
  }
  // Connections are flushed in the order in which they were written to: whoever is here does not wait for this send.
  bus_.relay(std::array{to, from}, pdu, sequence, std::nullopt);
  ledger_.add(LedgerEntry::kRelayed);
}

bool Delivery::first_time(uint64_t sequence) {
  const bool is_new = recent_.insert(sequence);
  if (!is_new) ledger_.add(LedgerEntry::kKnown);
  return is_new;
}

// How many copies are due is asked of the directory's bits, who gets them of its tables. A list of ids, since sending
// may close one session and, by the news of that, the other.
template <class CopyFor>
void Delivery::bring(UserId user, const SharedBytes& pdu, CopyFor copy_for) {
  ledger_.add(LedgerEntry::kDue, users_.sessions_here(user));
  std::array<ConnId, 2> sessions;
  size_t count = 0;
  users_.for_each_local(user, [&](ClientClass, const LocalSession& session) { sessions[count++] = session.conn; });
  for (const ConnId session : std::span(sessions).first(count)) hand_over(session, pdu, copy_for);
}

void Delivery::relayed(const TbRelay& relay) {
  const SharedBytes pdu = copy_of(relay.pdu());
  if (relay.has_group_id()) {
    relayed_to_group(relay, pdu);
    return;
  }
  if (relay.has_watchers_of()) {
    to_local_watchers(relay.watchers_of(), pdu);
    return;
  }
  if (relay.has_message_sequence()) {
    relayed_message(relay, pdu);
    return;
  }
  std::optional<ClientClass> only;
  if (relay.has_client_class()) only = static_cast<ClientClass>(std::min(relay.client_class(), 1U));
  for (const UserId user : relay.user_ids()) to_local(user, pdu, ConnId::kNone, only);
}

void Delivery::relayed_message(const TbRelay& relay, const SharedBytes& pdu) {
  const uint64_t sequence = relay.message_sequence();
  ledger_.add(LedgerEntry::kRelaysIn);
  bus_.note_sequence(sequence);
  if (!first_time(sequence)) return;
  // As message() has named them: the receiver, then the sender.
  if (relay.user_ids_size() == 2) watchers_.watch_by_all(users_, relay.user_ids(0), relay.user_ids(1));
  const auto copy_for = [sequence](const Connection& connection) { return copy_unless_older(connection, sequence); };
  for (const UserId user : relay.user_ids()) bring(user, pdu, copy_for);
  ledger_.add(LedgerEntry::kBrought);
}

void Delivery::sweep(uint64_t after_sequence) {
  if (!begin_) return;
  if (sweeping_) {  // one at a time: each reads to the end
    next_after_ = std::min(next_after_.value_or(after_sequence), after_sequence);
    return;
  }
  sweeping_ = true;
  // What was forgotten may have been delivered: twice would be worse than at the client's next sync.
  const uint64_t after = std::max({after_sequence, recent_.floor(), *begin_});
  log_info("sweep_begins", {{"after_sequence", after}});
  sweep_page(after);
}

void Delivery::sweep_page(uint64_t after_sequence) {
  using Page = std::vector<SequencedMessage>;
  store_.read<Page>([after_sequence](Database& db) { return db.messages_after(after_sequence, kSweepPage); },
                    [this, after_sequence](StoreResult<Page> page) {
                      if (!page.ok()) {
                        log_error("sweep_failed", {{"error", to_string(page.error())}});
                        sweep_later(after_sequence);
                        return end_sweep();
                      }
                      for (const SequencedMessage& message : page.value()) deliver_swept(message);
                      if (page.value().size() < kSweepPage) return end_sweep();
                      sweep_page(page.value().back().sequence);
                    });
}

void Delivery::deliver_swept(const SequencedMessage& message) {
  ledger_.add(LedgerEntry::kSweptIn);
  bus_.note_sequence(message.sequence);
  if (recent_.contains(message.sequence)) {
    ledger_.add(LedgerEntry::kKnown);
    return;
  }
  const SharedBytes pdu = encode_pdu(wire_message(message));
  if (message.kind == ConversationKind::kGroup) {
    deliver({message.to, message.group_version, message.message.from, message.message.msg_id, message.sequence, pdu},
            Origin::kSwept, ConnId::kNone);
    return;
  }
  if (users_.sessions_here(message.to) + users_.sessions_here(message.message.from) == 0) return pass_over();
  recent_.insert(message.sequence);
  ++swept_;
  watchers_.watch_by_all(users_, message.to, message.message.from);
  const auto copy_for = [&message](const Connection& connection) {
    return copy_unless_older(connection, message.sequence);
  };
  bring(message.to, pdu, copy_for);
  bring(message.message.from, pdu, [&](const Connection& connection) {
    const LedgerEntry copy = copy_for(connection);
    return copy == LedgerEntry::kDelivered ? swept_to_sender(connection, message.sequence, pdu) : copy;
  });
  ledger_.add(LedgerEntry::kBrought);
}

// Swept, for nobody here. It is not noted: what concerns other servers, which is most, would push out what was brought
// to the sessions here, and the sweep, when it gets there, would bring that once more. Who logs in later fetches it.
void Delivery::pass_over() {
  ledger_.add(LedgerEntry::kKnown);
}

// A session with messages on their way into the store may be the one that has sent this one: then its ack says as much.
// Else it is its user's other device that did. The answers tell.
LedgerEntry Delivery::swept_to_sender(const Connection& connection, uint64_t sequence, const SharedBytes& pdu) {
  if (connection.attachment<ClientSession>().messages_in_store == 0) return LedgerEntry::kDelivered;
  if (undecided_.size() >= kMaxUndecided || undecided_bytes_ + pdu.size() > kMaxUndecidedBytes) {
    return LedgerEntry::kLeftForLater;  // the client sees that a number is missing, and fetches it
  }
  undecided_.push_back({connection.id(), sequence, pdu});
  undecided_bytes_ += pdu.size();
  return LedgerEntry::kSendersOwn;
}

void Delivery::answered(ConnId sender, std::optional<uint64_t> sequence) {
  if (undecided_.empty()) return;
  Connection* connection = connections_.find(sender);
  const bool last = connection == nullptr || connection->attachment<ClientSession>().messages_in_store == 0;
  std::erase_if(undecided_, [&](const Undecided& waiting) {
    if (waiting.session != sender || !(last || waiting.sequence == sequence)) return false;
    undecided_bytes_ -= waiting.pdu.size();
    if (waiting.sequence == sequence || connection == nullptr) return true;
    ledger_.add(LedgerEntry::kDue);
    ledger_.add(LedgerEntry::kDelivered);
    connection->send(waiting.pdu);
    return true;
  });
}

void Delivery::sweep_later(uint64_t after_sequence) {
  missed_after_ = std::min(missed_after_.value_or(after_sequence), after_sequence);
  if (!sweeping_ && !retry_timer_.armed()) retry_timer_.start_once(kRetryMs);
}

void Delivery::end_sweep() {
  sweeping_ = false;
  if (next_after_) return sweep(*std::exchange(next_after_, std::nullopt));
  if (missed_after_) retry_timer_.start_once(kRetryMs);
}

void Delivery::sweep_missed() {
  if (missed_after_) sweep(*std::exchange(missed_after_, std::nullopt));
}

}  // namespace talkbeat
