#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace talkbeat {

/// What can happen to a message on one msg_server. Each is counted where it happens, the two sides of an account in
/// different places of the code.
enum class LedgerEntry : uint8_t {
  // Towards the store: messages.
  kOffered,   ///< by clients that are logged in
  kOrdered,   ///< by the server itself: the system user's, the administration's, broadcasts
  kRefused,   ///< at once: too many, empty, to oneself
  kAccepted,  ///< handed to the store
  // What the store has answered.
  kStored,
  kStoredAlready,  ///< sent again, its key was known
  kDeclined,       ///< no such user, not a member, …
  kFailed,         ///< too much waited, or the database failed
  kCommitted,      ///< as kStored, counted by the store itself at the commit
  // What the sender has heard of that.
  kAcked,
  kToldNo,
  kAnswerDropped,  ///< the sender's connection had gone
  kReported,       ///< of what was ordered: whoever ordered it was told
  // Towards the sessions: messages.
  kHandedOn,
  kNotAgain,     ///< stored already, and nobody waits for it any more
  kRelayed,      ///< to the other servers
  kNotRelayed,   ///< its group had been deleted
  kRelaysIn,     ///< from other servers, with a place in the store's order
  kSweptIn,      ///< read from the store by a sweep
  kBrought,      ///< to the sessions here, for the first time
  kKnown,        ///< the sessions here had it already, or a sweep has found nobody here that it is for
  kLeftToSweep,  ///< its group's members were not known in time
  kVoid,         ///< its group had been deleted, or it cannot be read
  kFirstTimes,   ///< as kBrought, counted by what remembers which messages were
  // Copies of messages, one for each session.
  kDue,  ///< for sessions that the receiver and the sender have here
  kDelivered,
  kLeftForLater,  ///< the session began after the message or is being closed: the client fetches it
  kSendersOwn,    ///< the session that has sent it
};

inline constexpr size_t kLedgerEntries = static_cast<size_t>(LedgerEntry::kSendersOwn) + 1;

/// As metrics, logs and the administration API call it: "stored_already".
std::string_view name_of(LedgerEntry entry);

/// The figures of one server at one moment.
struct LedgerSheet {
  std::array<uint64_t, kLedgerEntries> entries{};
  uint64_t in_store = 0;  ///< writes that the store has not answered: so many messages may be among them
  uint64_t waiting = 0;   ///< uses that wait for the members of groups: the same

  uint64_t of(LedgerEntry entry) const { return entries[static_cast<size_t>(entry)]; }
  uint64_t& of(LedgerEntry entry) { return entries[static_cast<size_t>(entry)]; }
  /// Servers together: what balances on each balances in all.
  LedgerSheet& operator+=(const LedgerSheet& other);
};

/// What of an account may be under way at the moment.
enum class LedgerWay : uint8_t { kNone, kStore, kMembers };

/// An equation: what came in = what became of it + what is under way.
struct LedgerAccount {
  std::string_view name;
  std::array<std::optional<LedgerEntry>, 4> in;
  std::array<std::optional<LedgerEntry>, 4> out;
  LedgerWay way = LedgerWay::kNone;
};

inline constexpr size_t kLedgerAccounts = 9;
const std::array<LedgerAccount, kLedgerAccounts>& ledger_accounts();

/// How an account stands.
struct LedgerBalance {
  uint64_t in = 0;
  uint64_t out = 0;
  uint64_t under_way = 0;  ///< of the difference, what may be under way
  int64_t missing = 0;     ///< above 0: so many were lost; below: so many were counted twice, or came from nowhere

  bool balanced() const { return missing == 0; }
};

LedgerBalance balance(const LedgerAccount& account, const LedgerSheet& sheet);
/// Of all accounts.
bool balanced(const LedgerSheet& sheet);

/// Counts what becomes of messages, so that one that is lost or doubled on its way through the server shows: at any
/// moment between two turns of the loop every account balances, and exactly where nothing is under way. Adding is one
/// addition. What is no stored message (commands from client to client, notices, files) is not in it: it has no place
/// in the store by which anybody could say that it is missing. A pure core; owned by MsgServer, the loop's thread only.
///
///   ledger.add(LedgerEntry::kAccepted);
///   …
///   if (!balanced(sheet)) …  // ledger_check.h makes the sheet, and says so
class Ledger {
 public:
  void add(LedgerEntry entry, uint64_t count = 1) { entries_[static_cast<size_t>(entry)] += count; }
  uint64_t of(LedgerEntry entry) const { return entries_[static_cast<size_t>(entry)]; }
  const std::array<uint64_t, kLedgerEntries>& entries() const { return entries_; }

  /// The store had got to `sequence`: whatever is counted as stored from here on lies behind it.
  void begins_at(uint64_t sequence);
  /// A place in the store's order. Where nothing was lost, the store has since got further by at least kStored, in this
  /// server's messages or in others'. Nothing: not known yet.
  std::optional<uint64_t> began_at() const { return began_at_; }

 private:
  std::array<uint64_t, kLedgerEntries> entries_{};
  std::optional<uint64_t> began_at_;
};

}  // namespace talkbeat
