#include "msg_server/ledger.h"

#include <gtest/gtest.h>

#include <set>

#include "msg_server/ledger_check.h"

namespace talkbeat {
namespace {

using enum LedgerEntry;

const LedgerAccount& account(std::string_view name) {
  for (const LedgerAccount& known : ledger_accounts()) {
    if (known.name == name) return known;
  }
  ADD_FAILURE() << "no account " << name;
  return ledger_accounts()[0];
}

int64_t missing(std::string_view name, const LedgerSheet& sheet) {
  return balance(account(name), sheet).missing;
}

/// A message from a client here, that one session here and the sender's other one get.
LedgerSheet one_message() {
  LedgerSheet sheet;
  for (const LedgerEntry entry :
       {kOffered, kAccepted, kStored, kCommitted, kAcked, kHandedOn, kRelayed, kBrought, kFirstTimes, kSendersOwn}) {
    sheet.of(entry) = 1;
  }
  sheet.of(kDelivered) = 2;
  sheet.of(kDue) = 3;
  return sheet;
}

TEST(Ledger, is_balanced_when_nothing_has_happened_and_after_a_whole_message) {
  EXPECT_TRUE(balanced({}));
  EXPECT_TRUE(balanced(one_message()));
}

TEST(Ledger, each_entry_is_in_an_account_and_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kLedgerEntries; ++i) {
    const auto entry = static_cast<LedgerEntry>(i);
    names.insert(name_of(entry));
    LedgerSheet sheet;
    sheet.of(entry) = 1;
    EXPECT_FALSE(balanced(sheet)) << name_of(entry) << " alone is missed nowhere";
  }
  EXPECT_EQ(names.size(), kLedgerEntries);
  EXPECT_EQ(name_of(kStoredAlready), "stored_already");
  EXPECT_EQ(name_of(kVoid), "void");
  EXPECT_EQ(name_of(kSendersOwn), "senders_own");
}

TEST(Ledger, one_count_more_or_less_is_seen_whichever_it_is) {
  for (size_t i = 0; i < kLedgerEntries; ++i) {
    LedgerSheet more = one_message();
    ++more.entries[i];
    EXPECT_FALSE(balanced(more)) << name_of(static_cast<LedgerEntry>(i));
    LedgerSheet less = one_message();
    if (less.entries[i] == 0) continue;
    --less.entries[i];
    EXPECT_FALSE(balanced(less)) << name_of(static_cast<LedgerEntry>(i));
  }
}

TEST(Ledger, what_is_lost_is_missing_and_what_is_doubled_is_too_much) {
  LedgerSheet lost = one_message();
  --lost.of(kDelivered);
  EXPECT_EQ(missing("copies", lost), 1);
  LedgerSheet doubled = one_message();
  doubled.of(kDelivered) += 2;
  EXPECT_EQ(missing("copies", doubled), -2);
  EXPECT_EQ(missing("store", doubled), 0);
}

TEST(Ledger, a_message_that_the_store_may_still_have_is_under_way) {
  LedgerSheet sheet;
  sheet.of(kOffered) = sheet.of(kAccepted) = 3;
  EXPECT_EQ(missing("store", sheet), 3);
  sheet.in_store = 2;
  const LedgerBalance result = balance(account("store"), sheet);
  EXPECT_EQ(result.missing, 1);
  EXPECT_EQ(result.under_way, 2u);
  sheet.in_store = 10;  // others' writes, too
  EXPECT_TRUE(balanced(sheet));
  EXPECT_EQ(balance(account("store"), sheet).under_way, 3u);
}

TEST(Ledger, what_may_be_under_way_excuses_no_double_and_no_other_account) {
  LedgerSheet sheet = one_message();
  sheet.in_store = 5;
  ++sheet.of(kStored);
  EXPECT_EQ(missing("store", sheet), -1);
  EXPECT_EQ(missing("commits", sheet), -1);
}

TEST(Ledger, a_message_that_waits_for_its_groups_members_is_under_way) {
  LedgerSheet sheet = one_message();
  sheet.of(kRelayed) = sheet.of(kBrought) = sheet.of(kFirstTimes) = 0;
  EXPECT_EQ(missing("relays", sheet), 1);
  EXPECT_EQ(missing("arrivals", sheet), 1);
  sheet.waiting = 1;
  EXPECT_TRUE(balanced(sheet));
}

TEST(Ledger, servers_together_balance_where_each_does) {
  LedgerSheet sum = one_message();
  LedgerSheet other;
  other.of(kRelaysIn) = other.of(kBrought) = other.of(kFirstTimes) = 1;
  other.waiting = 4;
  sum += other;
  EXPECT_EQ(sum.of(kBrought), 2u);
  EXPECT_EQ(sum.waiting, 4u);
  EXPECT_TRUE(balanced(sum));
}

TEST(Ledger, knows_a_place_in_the_store_that_lies_before_all_that_it_counts) {
  Ledger ledger;
  EXPECT_EQ(ledger.began_at(), std::nullopt);
  ledger.begins_at(100);
  EXPECT_EQ(ledger.began_at(), 100u);
  Ledger late;  // three were stored before the store said how far it had got
  late.add(kStored, 3);
  late.begins_at(100);
  EXPECT_EQ(late.began_at(), 97u);
}

// The store had done two of its writes when it said how far it had got, and answered them later.
TEST(Ledger, what_was_stored_and_not_answered_when_the_place_became_known_is_not_missed_afterwards) {
  constexpr uint64_t kStoreAt = 103;
  Ledger ledger;
  ledger.add(kStored);
  ledger.begins_at(place_before(kStoreAt, 2));
  ledger.add(kStored, 2);
  EXPECT_EQ(kStoreAt - ledger.began_at().value(), ledger.of(kStored));
  EXPECT_EQ(place_before(1, 2), 0u);
}

}  // namespace
}  // namespace talkbeat
