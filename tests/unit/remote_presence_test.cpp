#include "msg_server/remote_presence.h"

#include <gmock/gmock.h>

#include "msg_server/client_session.h"
#include "proto/buddy.pb.h"
#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr ClientClass kPc = ClientClass::kPc;
constexpr UserId kBob = 7;
constexpr UserId kCarol = 8;
constexpr size_t kFirst = 0;
constexpr size_t kSecond = 1;
constexpr bool kOthersKnow = true;

/// What a PC session that watches bob and carol is told, while login_servers come and go.
class RemotePresenceTest : public LoopTest {
 protected:
  RemotePresenceTest() {
    auto [socket, peer] = connect_pair();
    peer_ = std::make_unique<Peer>(std::move(peer));
    Connection& connection = connections_.adopt(socket, {}, protocol_);
    const TokenBucket tokens(1, 1, clock.now());
    connection.set_attachment(std::make_unique<ClientSession>(tokens, tokens));
    for (const UserId user : {kBob, kCarol}) watchers_.watch(connection.id(), user);
    for (const UserId user : {kBob, kCarol}) presence.online(kFirst, user, kPc, {1, 5});
    EXPECT_THAT(told_after(kGatherMs), UnorderedElementsAre("online 7", "online 8"));
  }
  std::vector<std::string> told_after(Tick ms) {
    run_for(ms);
    std::vector<std::string> told;
    const std::string bytes = peer_->receive();
    framer_.feed(
        bytes_of(bytes), [] { return size_t{1} << 20; },
        [&told](const PduHeader&, std::span<const std::byte> body) {
          IM::Buddy::IMUserStatNotify notify;
          EXPECT_TRUE(notify.ParseFromString(text_of(body)));
          const bool online = notify.user_stat().status() == IM::BaseDefine::USER_STATUS_ONLINE;
          told.push_back((online ? "online " : "offline ") + std::to_string(notify.user_stat().user_id()));
          return true;
        });
    return told;
  }

  static constexpr Tick kGatherMs = 200;
  static constexpr Tick kGraceMs = 10'000;

  ClusterSettings settings{.presence_grace_ms = kGraceMs};
  UserDirectory users;

 private:
  RecordingProtocol protocol_;
  ConnectionTable connections_{loop, [](const Connection&, CloseReason) {}};
  Watchers watchers_{10};
  StatusNotifier status_{connections_, users, watchers_, kGatherMs};
  std::unique_ptr<Peer> peer_;
  PduFramer framer_;

 protected:
  RemotePresence presence{loop, users, status_, settings};
};

TEST_F(RemotePresenceTest, a_login_server_that_tells_the_same_again_in_time_was_missed_by_nobody) {
  presence.source_lost(kFirst, !kOthersKnow);
  EXPECT_THAT(told_after(kGraceMs / 2), IsEmpty());
  EXPECT_TRUE(users.presence(kBob).online());
  for (const UserId user : {kBob, kCarol}) presence.online(kFirst, user, kPc, {1, 5});
  EXPECT_THAT(told_after(kGraceMs), IsEmpty());
  EXPECT_TRUE(users.presence(kBob).online());
}

TEST_F(RemotePresenceTest, who_is_not_told_anew_is_offline_when_the_grace_is_over) {
  presence.source_lost(kFirst, !kOthersKnow);
  presence.online(kFirst, kBob, kPc, {1, 5});
  EXPECT_THAT(told_after(kGraceMs - 1), IsEmpty());
  EXPECT_THAT(told_after(1 + kGatherMs), ElementsAre("offline 8"));
}

TEST_F(RemotePresenceTest, whoever_is_said_to_have_gone_is_offline_before_the_grace_is_over) {
  presence.source_lost(kFirst, !kOthersKnow);
  presence.online(kSecond, kBob, kPc, {1, 5});
  presence.offline(kSecond, kBob, kPc);
  presence.offline(kSecond, kCarol, kPc);
  EXPECT_THAT(told_after(kGatherMs), UnorderedElementsAre("offline 7", "offline 8"));
  EXPECT_THAT(told_after(kGraceMs), IsEmpty());
}

TEST_F(RemotePresenceTest, where_another_login_server_knows_of_everybody_only_its_word_counts) {
  presence.online(kSecond, kBob, kPc, {1, 5});
  presence.source_lost(kFirst, kOthersKnow);
  EXPECT_THAT(told_after(kGatherMs), ElementsAre("offline 8"));
}

TEST_F(RemotePresenceTest, a_second_loss_has_a_grace_of_its_own_and_does_not_prolong_the_first_one) {
  presence.source_lost(kFirst, !kOthersKnow);
  presence.online(kFirst, kBob, kPc, {1, 5});
  EXPECT_THAT(told_after(kGraceMs / 2), IsEmpty());
  presence.source_lost(kFirst, !kOthersKnow);
  EXPECT_THAT(told_after(kGraceMs / 2 + kGatherMs), ElementsAre("offline 8"));
  EXPECT_THAT(told_after(kGraceMs / 2), ElementsAre("offline 7"));
}

TEST_F(RemotePresenceTest, a_second_restart_just_before_the_graces_end_is_missed_by_nobody) {
  presence.source_lost(kFirst, !kOthersKnow);
  for (const UserId user : {kBob, kCarol}) presence.online(kFirst, user, kPc, {1, 5});
  run_for(kGraceMs - 1);
  presence.source_lost(kFirst, !kOthersKnow);
  EXPECT_THAT(told_after(kGraceMs / 2), IsEmpty());
  for (const UserId user : {kBob, kCarol}) presence.online(kFirst, user, kPc, {1, 5});
  EXPECT_THAT(told_after(2 * kGraceMs), IsEmpty());
}

TEST_F(RemotePresenceTest, links_that_come_and_go_keep_nobody_for_twice_the_grace) {
  presence.source_lost(kFirst, !kOthersKnow);
  presence.online(kSecond, kBob, kPc, {1, 5});
  presence.online(kSecond, kCarol, kPc, {1, 5});
  run_for(1);
  presence.source_lost(kSecond, !kOthersKnow);
  std::vector<std::string> told;
  for (Tick at = 0; at < 2 * kGraceMs && told.empty(); at += kGraceMs / 10) {
    presence.source_lost(kFirst, !kOthersKnow);
    told = told_after(kGraceMs / 10);
  }
  EXPECT_THAT(told, UnorderedElementsAre("offline 7", "offline 8"));
}

TEST_F(RemotePresenceTest, a_shorter_grace_ends_what_is_kept_already) {
  presence.source_lost(kFirst, !kOthersKnow);
  run_for(kGraceMs / 2);
  settings.presence_grace_ms = kGraceMs / 2 + 1'000;
  presence.settings_changed();
  EXPECT_THAT(told_after(999), IsEmpty());
  settings.presence_grace_ms = 0;
  presence.settings_changed();
  EXPECT_THAT(told_after(1 + kGatherMs), UnorderedElementsAre("offline 7", "offline 8"));
}

TEST_F(RemotePresenceTest, without_a_grace_all_go_offline_with_the_login_server) {
  settings.presence_grace_ms = 0;
  presence.source_lost(kFirst, !kOthersKnow);
  EXPECT_THAT(told_after(kGatherMs), UnorderedElementsAre("offline 7", "offline 8"));
}

}  // namespace
}  // namespace talkbeat
