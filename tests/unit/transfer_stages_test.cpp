#include "msg_server/files/transfer_stages.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

namespace talkbeat {
namespace {

using namespace IM::BaseDefine;
using Stage = OnlineTransfer::Stage;

constexpr OnlineTransfer::Waits kWaits{.peer_ms = 1'000, .resume_ms = 100};

OnlineTransfer in_stage(Stage stage) {
  OnlineTransfer transfer(kWaits, 0);
  if (stage == Stage::kOffered) return transfer;
  transfer.join(Party::kSender, 0);
  transfer.join(Party::kReceiver, 0);
  if (stage == Stage::kInterrupted) transfer.leave(Party::kReceiver, 0);
  if (stage == Stage::kOver) transfer.say(Party::kReceiver, CLIENT_FILE_DONE, 0);
  EXPECT_EQ(transfer.stage(), stage);
  return transfer;
}

std::string outcome(const OnlineTransfer& transfer) {
  switch (transfer.stage()) {
    case Stage::kOffered:
      return "offered";
    case Stage::kRunning:
      return "running";
    case Stage::kInterrupted:
      return "interrupted";
    case Stage::kOver:
      return "over, " + std::to_string(static_cast<int>(transfer.end()));
  }
  return "";
}

// What becomes of a transfer in each stage by each thing that can happen; "-": it is refused, and nothing changes.
TEST(OnlineTransfer, each_move_in_each_stage_leads_where_the_table_says) {
  const auto says = [](Party party, ClientFileState state) {
    return [party, state](OnlineTransfer& transfer) { return transfer.say(party, state, 1); };
  };
  const auto joins = [](Party party) {
    return [party](OnlineTransfer& transfer) { return transfer.join(party, 1), true; };
  };
  const auto leaves = [](Party party) {
    return [party](OnlineTransfer& transfer) { return transfer.leave(party, 1), true; };
  };
  const std::string done = "over, " + std::to_string(static_cast<int>(TransferEnd::kDone));
  const std::string cancelled = "over, " + std::to_string(static_cast<int>(TransferEnd::kCancelled));
  const std::string refused = "over, " + std::to_string(static_cast<int>(TransferEnd::kRefused));
  const std::string lost = "over, " + std::to_string(static_cast<int>(TransferEnd::kLost));

  struct Move {
    const char* name;
    std::function<bool(OnlineTransfer&)> act;
    std::array<std::string, 4> leads_to;  // from kOffered, kRunning, kInterrupted, kOver (by DONE)
  };
  const std::vector<Move> moves{
      {"the sender joins", joins(Party::kSender), {"offered", "running", "interrupted", done}},
      {"the receiver joins", joins(Party::kReceiver), {"offered", "running", "running", done}},
      {"the sender leaves", leaves(Party::kSender), {"offered", lost, lost, done}},
      {"the receiver leaves", leaves(Party::kReceiver), {"offered", "interrupted", lost, done}},
      {"the sender says PEER_READY", says(Party::kSender, CLIENT_FILE_PEER_READY), {"-", "-", "-", "-"}},
      {"the sender says CANCEL", says(Party::kSender, CLIENT_FILE_CANCEL), {cancelled, cancelled, cancelled, "-"}},
      {"the sender says REFUSE", says(Party::kSender, CLIENT_FILE_REFUSE), {"-", "-", "-", "-"}},
      {"the sender says DONE", says(Party::kSender, CLIENT_FILE_DONE), {"-", "-", "-", "-"}},
      {"the receiver says PEER_READY", says(Party::kReceiver, CLIENT_FILE_PEER_READY), {"-", "-", "-", "-"}},
      {"the receiver says CANCEL", says(Party::kReceiver, CLIENT_FILE_CANCEL), {cancelled, cancelled, cancelled, "-"}},
      {"the receiver says REFUSE", says(Party::kReceiver, CLIENT_FILE_REFUSE), {refused, refused, refused, "-"}},
      {"the receiver says DONE", says(Party::kReceiver, CLIENT_FILE_DONE), {"-", done, "-", "-"}},
      {"nobody can come",
       [](OnlineTransfer& t) { return t.nobody_comes(1), true; },
       {cancelled, "running", cancelled, done}},
  };
  for (const Move& move : moves) {
    for (const Stage stage : {Stage::kOffered, Stage::kRunning, Stage::kInterrupted, Stage::kOver}) {
      OnlineTransfer transfer = in_stage(stage);
      const std::string before = outcome(transfer);
      const std::string& expected = move.leads_to[static_cast<size_t>(stage)];
      EXPECT_EQ(move.act(transfer), expected != "-") << move.name << " while " << before;
      EXPECT_EQ(outcome(transfer), expected == "-" ? before : expected) << move.name << " while " << before;
    }
  }
}

TEST(OnlineTransfer, an_offer_waits_for_both_and_no_longer_than_it_may) {
  OnlineTransfer transfer(kWaits, 0);
  transfer.join(Party::kReceiver, 500);
  transfer.look_at_time(999);
  EXPECT_EQ(transfer.stage(), Stage::kOffered);
  transfer.look_at_time(1'000);
  EXPECT_EQ(transfer.stage(), Stage::kOver);
  EXPECT_EQ(transfer.end(), TransferEnd::kTimedOut);
  EXPECT_TRUE(transfer.forgettable(1'000));
}

TEST(OnlineTransfer, while_bytes_move_no_time_is_up) {
  OnlineTransfer transfer = in_stage(Stage::kRunning);
  transfer.progress(900);
  transfer.look_at_time(1'899);
  EXPECT_EQ(transfer.stage(), Stage::kRunning);
  transfer.look_at_time(1'900);
  EXPECT_EQ(transfer.end(), TransferEnd::kTimedOut);
}

TEST(OnlineTransfer, a_receiver_has_some_time_to_come_back) {
  OnlineTransfer transfer = in_stage(Stage::kRunning);
  transfer.leave(Party::kReceiver, 50);
  transfer.look_at_time(149);
  EXPECT_EQ(transfer.stage(), Stage::kInterrupted);
  transfer.look_at_time(150);
  EXPECT_EQ(transfer.stage(), Stage::kOver);
  EXPECT_EQ(transfer.end(), TransferEnd::kLost);
}

TEST(OnlineTransfer, an_end_that_somebody_has_not_heard_of_is_kept_for_a_while) {
  OnlineTransfer transfer(kWaits, 0);
  transfer.join(Party::kReceiver, 0);
  transfer.say(Party::kReceiver, CLIENT_FILE_REFUSE, 10);
  EXPECT_FALSE(transfer.forgettable(10));
  EXPECT_TRUE(transfer.forgettable(110)) << "but not for ever";
  transfer.join(Party::kSender, 20);
  EXPECT_EQ(transfer.stage(), Stage::kOver);
  EXPECT_TRUE(transfer.forgettable(20));
  EXPECT_FALSE(in_stage(Stage::kRunning).forgettable(1'000'000));
}

TEST(OnlineTransfer, what_the_other_is_told) {
  EXPECT_EQ(state_of(TransferEnd::kDone), CLIENT_FILE_DONE);
  EXPECT_EQ(state_of(TransferEnd::kRefused), CLIENT_FILE_REFUSE);
  for (const auto end : {TransferEnd::kCancelled, TransferEnd::kLost, TransferEnd::kTimedOut, TransferEnd::kFailed}) {
    EXPECT_EQ(state_of(end), CLIENT_FILE_CANCEL);
  }
}

}  // namespace
}  // namespace talkbeat
