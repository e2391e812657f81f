// The ledger on the way of messages through a msg_server. The fixture itself looks at the end of each of its tests, in
// all files, whether the ledger balances.
#include "msg_server/ledger_check.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/log.h"
#include "msg_server/message_sending.h"
#include "tests/unit/group_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

using enum LedgerEntry;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The process's log, in a file; afterwards it is as before.
class LogToFile {
 public:
  LogToFile() {
    LogConfig config;
    config.file = path_;
    EXPECT_TRUE(configure_logging(config).ok());
  }
  ~LogToFile() {
    EXPECT_TRUE(configure_logging(LogConfig{}).ok());
    std::filesystem::remove(path_);
  }
  LogToFile(const LogToFile&) = delete;
  LogToFile& operator=(const LogToFile&) = delete;

  std::vector<std::string> lines_with(const std::string& part) const {
    flush_log();
    std::ifstream file(path_);
    std::vector<std::string> found;
    for (std::string line; std::getline(file, line);) {
      if (line.find(part) != std::string::npos) found.push_back(line);
    }
    return found;
  }

 private:
  const std::string path_ = testing::TempDir() + "ledger_check_" + std::to_string(::getpid()) + ".log";
};

class LedgerCheckTest : public GroupTest {
 protected:
  LedgerSheet sheet() { return ledger_sheet(parts); }
  uint64_t count(LedgerEntry entry) { return sheet().of(entry); }
  void expect_balanced() {
    for (const LedgerAccount& account : ledger_accounts()) {
      EXPECT_EQ(balance(account, sheet()).missing, 0) << account.name;
    }
  }

  LedgerCheck check{parts, metrics};
};

TEST_F(LedgerCheckTest, counts_a_message_between_two_users_from_end_to_end) {
  const auto sender = log_in("alice");
  const auto senders_phone = log_in("alice", CLIENT_TYPE_ANDROID);
  const auto receiver = log_in("bob");
  sender->send(message(bob, "hello"));
  expect<IMMsgDataAck>(*sender);
  EXPECT_EQ(messages_of(*receiver), 1u);
  for (const LedgerEntry entry :
       {kOffered, kAccepted, kStored, kCommitted, kAcked, kHandedOn, kRelayed, kBrought, kFirstTimes, kSendersOwn}) {
    EXPECT_EQ(count(entry), 1u) << name_of(entry);
  }
  EXPECT_EQ(count(kDue), 3u);
  EXPECT_EQ(count(kDelivered), 2u);
  EXPECT_EQ(check.look(), 0u);
}

TEST_F(LedgerCheckTest, balances_while_messages_are_on_their_way_into_the_store) {
  const auto sender = log_in("alice");
  hold_store = true;
  for (int i = 0; i < 5; ++i) sender->send(message(bob, std::to_string(i)));
  ASSERT_TRUE(until([&] { return count(kAccepted) == 5; }));
  EXPECT_EQ(count(kStored), 0u);
  EXPECT_EQ(sheet().in_store, 5u);
  expect_balanced();
  hold_store = false;
  ASSERT_TRUE(until([&] { return count(kAcked) == 5; }));
  EXPECT_EQ(sheet().in_store, 0u);
  expect_balanced();
}

TEST_F(LedgerCheckTest, counts_what_is_refused_at_once_declined_by_the_store_and_too_much_for_it) {
  const auto sender = log_in("alice");
  sender->send(message(bob, ""));
  expect_error(*sender, ERROR_EMPTY_MESSAGE);
  sender->send(message(999, "to nobody"));
  expect_error(*sender, ERROR_UNKNOWN_USER);
  hold_store = true;
  const size_t room = config.store.limits.max_queued_writes;
  for (size_t i = 0; i <= room; ++i) sender->send(message(bob, std::to_string(i)));
  expect_error(*sender, ERROR_BUSY);
  expect_balanced();
  hold_store = false;
  ASSERT_TRUE(until([&] { return count(kAcked) == room; }));
  EXPECT_EQ(count(kRefused), 1u);
  EXPECT_EQ(count(kDeclined), 1u);
  EXPECT_EQ(count(kFailed), 1u);
  EXPECT_EQ(count(kToldNo), 2u);
  EXPECT_EQ(count(kOffered), room + 3);
}

TEST_F(LedgerCheckTest, counts_an_answer_that_nobody_hears) {
  const auto sender = log_in("alice");
  hold_store = true;
  sender->send(message(bob, "last words"));
  ASSERT_TRUE(until([&] { return count(kAccepted) == 1; }));
  sender->close();
  ASSERT_TRUE(until([&] { return users.local(alice, ClientClass::kPc) == nullptr; }));
  hold_store = false;
  ASSERT_TRUE(until([&] { return count(kStored) == 1; }));
  EXPECT_EQ(count(kAnswerDropped), 1u);
  EXPECT_EQ(count(kAcked), 0u);
}

TEST_F(LedgerCheckTest, counts_what_is_sent_again_as_stored_already) {
  const auto sender = log_in("alice");
  const auto receiver = log_in("bob");
  for (int i = 0; i < 3; ++i) {
    sender->send(message(bob, "hello", 5));
    expect<IMMsgDataAck>(*sender);
  }
  EXPECT_EQ(count(kStored), 1u);
  EXPECT_EQ(count(kStoredAlready), 2u);
  EXPECT_EQ(count(kKnown), 2u);
  EXPECT_EQ(count(kBrought), 1u);
  EXPECT_EQ(count(kDelivered), 1u);
}

TEST_F(LedgerCheckTest, counts_what_is_sent_again_and_not_brought_again) {
  const NewMessage news{.from = alice,
                        .to = {ConversationKind::kSingle, bob},
                        .body = "news",
                        .created_at = clock.unix_seconds(),
                        .client_key = 5};
  for (int i = 0; i < 2; ++i) {
    send_message(
        parts, news, ConnId::kNone, [](const StoreResult<Appended>&) {}, Resend::kIgnored);
  }
  ASSERT_TRUE(until([&] { return count(kReported) == 2; }));
  EXPECT_EQ(count(kOrdered), 2u);
  EXPECT_EQ(count(kNotAgain), 1u);
  EXPECT_EQ(count(kHandedOn), 1u);
}

TEST_F(LedgerCheckTest, counts_a_groups_message_and_what_waits_for_its_members) {
  const GroupId group = add_group(alice, {bob, carol});
  const auto sender = log_in("alice");
  const auto member = log_in("bob");
  sender->send(group_message(group, "hello"));
  ASSERT_TRUE(until([&] { return count(kAcked) == 1; }));
  expect_balanced();
  EXPECT_EQ(messages_of(*member), 1u);
  EXPECT_EQ(count(kDue), 2u);
  EXPECT_EQ(count(kDelivered), 1u);
  EXPECT_EQ(count(kSendersOwn), 1u);
  EXPECT_EQ(count(kRelayed), 1u);
}

TEST_F(LedgerCheckTest, counts_relays_sweeps_and_what_is_left_to_whoever_logs_in_later) {
  const GroupId group = add_group(alice, {bob});
  const Appended before = store_elsewhere(alice, group, "before");
  const auto member = log_in("bob");
  store_elsewhere(alice, group, "after");
  delivery.sweep(before.sequence - 1);
  EXPECT_EQ(messages_of(*member), 1u);
  delivery.sweep(before.sequence - 1);
  EXPECT_EQ(messages_of(*member), 1u);
  EXPECT_EQ(count(kSweptIn), 4u);
  EXPECT_EQ(count(kBrought), 2u);
  EXPECT_EQ(count(kKnown), 2u);
  EXPECT_EQ(count(kLeftForLater), 1u);
  EXPECT_EQ(count(kDelivered), 1u);
  TbRelay unreadable;
  unreadable.set_group_id(group);
  unreadable.set_pdu("no PDU");
  unreadable.set_message_sequence(before.sequence + 100);
  delivery.relayed(unreadable);
  EXPECT_EQ(count(kRelaysIn), 1u);
  EXPECT_EQ(count(kVoid), 1u);
}

TEST_F(LedgerCheckTest, a_reader_that_is_closed_for_slowness_has_its_copy_left_for_later) {
  config.client.out = {.soft = 4 << 10, .soft_ms = 10'000, .hard = 64 << 10};
  const auto sender = log_in("alice");
  const auto receiver = log_in("bob");
  const std::string text(60 << 10, 'x');
  for (int i = 0; i < 500 && users.local(bob, ClientClass::kPc) != nullptr; ++i) {
    sender->send(message(bob, text));
    expect<IMMsgDataAck>(*sender);
  }
  ASSERT_EQ(users.local(bob, ClientClass::kPc), nullptr);
  EXPECT_EQ(count(kLeftForLater), 1u);
  EXPECT_EQ(check.look(), 0u);
}

TEST_F(LedgerCheckTest, an_account_that_does_not_balance_is_logged_once_with_its_figures_and_shown_in_the_metrics) {
  ledger_is_whole = false;
  const LogToFile log;
  config.ledger_interval_ms = 500;
  check.start();
  run_for(600);
  EXPECT_THAT(log.lines_with("ledger_does_not_balance"), IsEmpty());
  EXPECT_THAT(metrics.render(), HasSubstr("talkbeat_ledger_unbalanced 0\n"));

  ledger.add(kOffered, 3);
  ledger.add(kAccepted, 2);
  ledger.add(kRefused, 1);  // and of the two that were accepted nothing became
  run_for(2'000);
  const auto lines = log.lines_with("ledger_does_not_balance");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("error ledger_does_not_balance account=store missing=2"));
  EXPECT_THAT(lines[0], HasSubstr("\"accepted 2\""));
  EXPECT_THAT(lines[0], HasSubstr("stored 0"));
  const std::string page = metrics.render();
  EXPECT_THAT(page, HasSubstr("talkbeat_ledger_unbalanced 1\n"));
  EXPECT_THAT(page, HasSubstr("talkbeat_ledger_missing{account=\"store\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("talkbeat_ledger_missing{account=\"copies\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("talkbeat_ledger_total{entry=\"accepted\"} 2\n"));

  ledger.add(kDelivered);  // another fault
  run_for(2'000);
  const auto more = log.lines_with("ledger_does_not_balance");
  ASSERT_EQ(more.size(), 2u);
  EXPECT_THAT(more[1], HasSubstr("account=copies missing=-1"));
}

}  // namespace
}  // namespace talkbeat::msg_server_test
