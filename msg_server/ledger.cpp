#include "msg_server/ledger.h"

#include <algorithm>

namespace talkbeat {

namespace {

using enum LedgerEntry;

constexpr std::array<std::string_view, kLedgerEntries> kNames{
    "offered",       "ordered",   "refused",     "accepted",  "stored",         "stored_already", "declined",
    "failed",        "committed", "acked",       "told_no",   "answer_dropped", "reported",       "handed_on",
    "not_again",     "relayed",   "not_relayed", "relays_in", "swept_in",       "brought",        "known",
    "left_to_sweep", "void",      "first_times", "due",       "delivered",      "left_for_later", "senders_own",
};
static_assert(!kNames.back().empty());

constexpr std::array<LedgerAccount, kLedgerAccounts> kAccounts{{
    {"intake", {kOffered, kOrdered}, {kRefused, kAccepted}},
    {"store", {kAccepted}, {kStored, kStoredAlready, kDeclined, kFailed}, LedgerWay::kStore},
    {"commits", {kCommitted}, {kStored}},
    {"answers", {kStored, kStoredAlready, kDeclined, kFailed}, {kAcked, kToldNo, kAnswerDropped, kReported}},
    {"onwards", {kStored, kStoredAlready}, {kHandedOn, kNotAgain}},
    {"relays", {kHandedOn}, {kRelayed, kNotRelayed}, LedgerWay::kMembers},
    {"arrivals", {kHandedOn, kRelaysIn, kSweptIn}, {kBrought, kKnown, kLeftToSweep, kVoid}, LedgerWay::kMembers},
    {"once", {kFirstTimes}, {kBrought}},
    {"copies", {kDue}, {kDelivered, kLeftForLater, kSendersOwn}},
}};

uint64_t sum(const std::array<std::optional<LedgerEntry>, 4>& side, const LedgerSheet& sheet) {
  uint64_t total = 0;
  for (const auto& entry : side) total += entry ? sheet.of(*entry) : 0;
  return total;
}

uint64_t may_be_under_way(LedgerWay way, const LedgerSheet& sheet) {
  switch (way) {
    case LedgerWay::kNone:
      return 0;
    case LedgerWay::kStore:
      return sheet.in_store;
    case LedgerWay::kMembers:
      return sheet.waiting;
  }
  return 0;
}

}  // namespace

std::string_view name_of(LedgerEntry entry) {
  return kNames[static_cast<size_t>(entry)];
}

LedgerSheet& LedgerSheet::operator+=(const LedgerSheet& other) {
  for (size_t i = 0; i < kLedgerEntries; ++i) entries[i] += other.entries[i];
  in_store += other.in_store;
  waiting += other.waiting;
  return *this;
}

const std::array<LedgerAccount, kLedgerAccounts>& ledger_accounts() {
  return kAccounts;
}

LedgerBalance balance(const LedgerAccount& account, const LedgerSheet& sheet) {
  LedgerBalance result{.in = sum(account.in, sheet), .out = sum(account.out, sheet)};
  const auto difference = static_cast<int64_t>(result.in - result.out);
  if (difference > 0) {
    result.under_way = std::min(static_cast<uint64_t>(difference), may_be_under_way(account.way, sheet));
  }
  result.missing = difference - static_cast<int64_t>(result.under_way);
  return result;
}

bool balanced(const LedgerSheet& sheet) {
  return std::ranges::all_of(kAccounts,
                             [&](const LedgerAccount& account) { return balance(account, sheet).balanced(); });
}

void Ledger::begins_at(uint64_t sequence) {
  began_at_ = sequence - std::min(sequence, of(kStored));
}

}  // namespace talkbeat
