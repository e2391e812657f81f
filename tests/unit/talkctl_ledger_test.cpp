#include <gmock/gmock.h>

#include "tools/talkctl/ledger_report.h"

namespace talkbeat {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;
using enum LedgerEntry;

Json page(uint64_t messages, uint64_t began_at) {
  Json entries = Json::object();
  for (size_t i = 0; i < kLedgerEntries; ++i) entries[std::string(name_of(static_cast<LedgerEntry>(i)))] = 0;
  for (const char* name : {"offered", "accepted", "stored", "committed", "acked", "handed_on", "relayed", "brought",
                           "first_times", "due", "delivered"}) {
    entries[name] = messages;
  }
  return {{"server", "x"}, {"entries", entries}, {"in_store", 0}, {"waiting", 0}, {"began_at", began_at}};
}

// Its numbers are then what they are in an answer: without a sign.
Json as_received(const Json& json) {
  return Json::parse(json.dump());
}

ServerLedger ledger(const std::string& name, const Json& json) {
  const Result<ServerLedger> read = read_ledger(name, as_received(json));
  EXPECT_TRUE(read.ok());
  return read.ok() ? read.value() : ServerLedger{};
}

LedgerReport report_of(const Json& first, const Json& second, std::optional<uint64_t> store_at = 1'000) {
  return {.servers = {ledger("msg_server_0", first), ledger("msg_server_1", second)}, .store_at = store_at};
}

TEST(LedgerReport, is_balanced_where_every_server_is) {
  const LedgerReport report = report_of(page(3, 0), page(4, 2));
  EXPECT_TRUE(report.balanced());
  EXPECT_EQ(report.sum().of(kStored), 7u);
  EXPECT_THAT(report.text(), HasSubstr("ENTRY           msg_server_0  msg_server_1  ALL\n"
                                       "offered                    3             4    7\n"));
  EXPECT_THAT(report.text(), HasSubstr("\nbalanced\n"));
  EXPECT_EQ(report.json()["balanced"], true);
  EXPECT_EQ(report.json()["all"]["entries"]["stored"], 7);
  EXPECT_EQ(report.json()["servers"][1]["server"], "msg_server_1");
}

TEST(LedgerReport, a_server_that_does_not_answer_makes_it_incomplete_and_not_wrong) {
  LedgerReport report = report_of(page(3, 0), page(4, 2));
  report.silent.push_back("msg_server_2: Connection refused");
  EXPECT_FALSE(report.balanced());
  EXPECT_THAT(report.text(), HasSubstr("\nnot complete: "));
  EXPECT_THAT(report.text(), testing::Not(HasSubstr("NOT balanced")));
}

TEST(LedgerReport, one_missing_count_on_one_server_is_found) {
  Json broken = page(4, 0);
  broken["entries"]["delivered"] = 3;
  const LedgerReport report = report_of(page(3, 0), broken);
  EXPECT_FALSE(report.balanced());
  EXPECT_THAT(report.text(), HasSubstr("1 missing"));
  EXPECT_THAT(report.text(), HasSubstr("\nNOT balanced\n"));
  EXPECT_EQ(report.json()["balanced"], false);
  EXPECT_EQ(report.json()["servers"][0]["balanced"], true);
  EXPECT_EQ(report.json()["servers"][1]["balanced"], false);
}

TEST(LedgerReport, faults_of_two_servers_do_not_make_up_for_each_other) {
  Json lost = page(4, 0);
  lost["entries"]["delivered"] = 3;
  Json doubled = page(4, 0);
  doubled["entries"]["delivered"] = 5;
  const LedgerReport report = report_of(lost, doubled);
  EXPECT_TRUE(balanced(report.sum()));
  EXPECT_FALSE(report.balanced());
  EXPECT_THAT(report.text(), HasSubstr("1 too many"));
}

TEST(LedgerReport, what_is_under_way_is_no_fault) {
  Json busy = page(4, 0);
  busy["entries"]["offered"] = 6;
  busy["entries"]["accepted"] = 6;
  busy["in_store"] = 2;
  const LedgerReport report = report_of(busy, page(1, 0));
  EXPECT_TRUE(report.balanced());
  EXPECT_THAT(report.text(), HasSubstr("2 under way"));
}

TEST(LedgerReport, a_store_that_has_less_than_was_stored_is_found) {
  EXPECT_TRUE(report_of(page(3, 100), page(4, 100), 107).balanced());
  EXPECT_TRUE(report_of(page(3, 100), page(4, 102), 120).balanced()) << "who was killed has stored some, too";
  const LedgerReport report = report_of(page(3, 100), page(4, 100), 105);
  EXPECT_EQ(report.not_in_store(), 2u);
  EXPECT_FALSE(report.balanced());
  EXPECT_THAT(report.text(), HasSubstr("2 messages that they count as stored are not in the store\n"));
}

TEST(LedgerReport, a_store_that_nobody_knows_of_is_no_fault_and_said_so) {
  const LedgerReport report = report_of(page(3, 0), page(4, 0), std::nullopt);
  EXPECT_EQ(report.not_in_store(), std::nullopt);
  EXPECT_TRUE(report.balanced());
  EXPECT_THAT(report.text(), HasSubstr("cannot be told"));
  Json unknown = page(3, 0);
  unknown["began_at"] = nullptr;
  EXPECT_EQ(report_of(unknown, page(4, 0)).not_in_store(), std::nullopt);
}

TEST(LedgerReport, where_no_server_has_answered_nothing_is_balanced) {
  EXPECT_FALSE(LedgerReport{}.balanced());
}

TEST(LedgerReport, a_server_that_says_nothing_is_not_balanced) {
  LedgerReport report = report_of(page(3, 0), page(4, 0));
  report.silent = {"msg_server_2 does not answer"};
  EXPECT_FALSE(report.balanced());
  EXPECT_EQ(report.json()["silent"].size(), 1u);
}

TEST(ReadLedger, fails_where_a_figure_is_missing_or_none) {
  for (const char* key : {"entries", "in_store", "waiting"}) {
    Json json = page(1, 0);
    json.erase(key);
    EXPECT_FALSE(read_ledger("x", as_received(json)).ok()) << key;
  }
  Json json = page(1, 0);
  json["entries"].erase("void");
  const Result<ServerLedger> without = read_ledger("msg_server_0", as_received(json));
  ASSERT_FALSE(without.ok());
  EXPECT_THAT(without.message(), HasSubstr("msg_server_0: its ledger has no \"void\""));
  json["entries"]["void"] = -1;
  EXPECT_FALSE(read_ledger("x", as_received(json)).ok());
  EXPECT_FALSE(read_ledger("x", Json("text")).ok());
  EXPECT_FALSE(read_ledger("x", Json::array()).ok());
}

}  // namespace
}  // namespace talkbeat
