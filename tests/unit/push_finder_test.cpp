#include "msg_server/push/push_finder.h"

#include "tests/unit/push_fixture.h"

namespace talkbeat::msg_server_test {
namespace {

class PushFinderTest : public PushFixture {
 protected:
  void tell(UserId from, ConversationRef to, uint8_t type = MSG_TYPE_SINGLE_TEXT) {
    const NewMessage message{from, to, type, "text", clock.unix_seconds(), std::nullopt};
    Appended stored;
    in_batch([&] { stored = database->append(message).value(); });
    finder.message_stored(message, stored);
  }
  void tell(UserId from, UserId to) { tell(from, {ConversationKind::kSingle, to}); }
  void settle() {
    EXPECT_TRUE(push_until([&] { return finder.idle(); }));
  }
  std::vector<PushNotice> all() const {
    std::vector<PushNotice> result;
    for (const auto& part : found) result.insert(result.end(), part.begin(), part.end());
    return result;
  }
  /// A group of alice's with members who have a device each.
  GroupId group_of(size_t members) {
    NewGroup group{.kind = GroupKind::kNormal, .name = "group", .avatar_url = "", .creator = alice, .members = {}};
    in_batch([&] {
      for (size_t i = 0; i < members; ++i) {
        const std::string name = "member" + std::to_string(i);
        const UserId user = database->add_user({name, "x", name}, 1).value();
        EXPECT_TRUE(database->set_device(user, Device{"token of " + name, CLIENT_TYPE_ANDROID}).ok());
        group.members.push_back(user);
      }
      group.max_members = 20'000;
    });
    members_ = group.members;
    GroupId id = 0;
    in_batch([&] { id = database->create_group(group, 1).value().now.group.id; });
    return id;
  }
  void online_elsewhere(UserId user, ClientClass client_class) {
    users.remote_online(0, user, client_class, {CLIENT_TYPE_WINDOWS, 1});
  }
  void quiet_now(bool now) {
    const absl::CivilSecond wall =
        absl::ToCivilSecond(absl::FromUnixSeconds(clock.unix_seconds()), absl::UTCTimeZone());
    const auto at = [&](int hours) {
      const int hour = (wall.hour() + 24 + hours) % 24;
      return std::string(hour < 10 ? "0" : "") + std::to_string(hour) + ":00";
    };
    quiet = now ? QuietHours::make(at(-1), at(2), "UTC").value() : QuietHours::make(at(2), at(4), "UTC").value();
  }

  UserId alice = add_user("alice");
  UserId bob = add_user("bob");
  UserId carol = add_user("carol");
  std::vector<UserId> members_;
  QuietHours quiet;
  std::vector<std::vector<PushNotice>> found;
  PushFinder finder{loop, store, users, settings, quiet, metrics, [this](std::vector<PushNotice> pushes) {
                      found.push_back(std::move(pushes));
                    }};
};

TEST_F(PushFinderTest, a_receiver_who_is_not_online_is_found_with_all_that_a_push_says) {
  give_device(bob, "token of bob");
  tell(carol, bob);
  tell(alice, bob);
  settle();
  ASSERT_EQ(all().size(), 2u);
  const PushNotice one = all()[1];
  EXPECT_EQ(one.user, bob);
  EXPECT_EQ(one.device.token, "token of bob");
  EXPECT_EQ(one.device.client_type, uint32_t{CLIENT_TYPE_IOS});
  EXPECT_EQ(one.from, alice);
  EXPECT_EQ(one.from_name, "alice");
  EXPECT_EQ(one.conversation, (ConversationRef{ConversationKind::kSingle, alice}));
  EXPECT_EQ(one.msg_id, 1u);
  EXPECT_EQ(one.message_type, MSG_TYPE_SINGLE_TEXT);
  EXPECT_EQ(one.created_at, clock.unix_seconds());
  EXPECT_EQ(one.unread, 2u);
}

TEST_F(PushFinderTest, who_has_no_device_or_has_sent_it_is_none) {
  give_device(alice, "token of alice");
  tell(alice, bob);
  settle();
  EXPECT_TRUE(all().empty());
}

TEST_F(PushFinderTest, who_is_online_here_or_elsewhere_is_none) {
  give_device(bob, "token");
  const auto here = log_in("bob", CLIENT_TYPE_IOS);
  tell(alice, bob);
  settle();
  here->close();
  ASSERT_TRUE(until([&] { return !users.presence(bob).online(); }));
  online_elsewhere(bob, ClientClass::kMobile);
  tell(alice, bob);
  settle();
  EXPECT_TRUE(all().empty());
}

TEST_F(PushFinderTest, who_was_online_by_the_word_of_a_lost_login_server_is_one) {
  give_device(bob, "token");
  online_elsewhere(bob, ClientClass::kMobile);
  users.keep_source(0);
  tell(alice, bob);
  settle();
  EXPECT_EQ(all().size(), 1u);
}

TEST_F(PushFinderTest, who_is_on_a_pc_only_is_one_where_the_settings_say_so) {
  give_device(bob, "token");
  online_elsewhere(bob, ClientClass::kPc);
  tell(alice, bob);
  settle();
  EXPECT_TRUE(all().empty());
  settings.when_pc_online = true;
  tell(alice, bob);
  settle();
  EXPECT_EQ(all().size(), 1u);
  online_elsewhere(bob, ClientClass::kMobile);
  tell(alice, bob);
  settle();
  EXPECT_EQ(all().size(), 1u);
}

TEST_F(PushFinderTest, who_comes_online_while_the_store_is_asked_is_none) {
  give_device(bob, "token");
  hold_store = true;
  tell(alice, bob);
  online_elsewhere(bob, ClientClass::kMobile);
  hold_store = false;
  settle();
  EXPECT_TRUE(all().empty());
}

TEST_F(PushFinderTest, a_message_that_was_stored_before_is_not_pushed_again) {
  give_device(bob, "token");
  const NewMessage message{alice, {ConversationKind::kSingle, bob}, 1, "text", 1, 77};
  finder.message_stored(message, {.msg_id = 1, .created_at = 1, .sequence = 1, .duplicate = true});
  settle();
  EXPECT_TRUE(all().empty());
}

TEST_F(PushFinderTest, the_shield_counts_in_the_quiet_hours_only_and_for_whom_it_is_on) {
  give_device(bob, "token of bob");
  give_device(carol, "token of carol");
  in_batch([&] { EXPECT_TRUE(database->set_push_shield(bob, true).ok()); });
  quiet_now(true);
  tell(alice, bob);
  tell(alice, carol);
  settle();
  ASSERT_EQ(all().size(), 1u);
  EXPECT_EQ(all()[0].user, carol);
  EXPECT_EQ(dropped("shield"), 1);
  quiet_now(false);
  tell(alice, bob);
  settle();
  EXPECT_EQ(all().size(), 2u);
}

TEST_F(PushFinderTest, of_a_group_those_who_are_away_and_have_not_muted_it) {
  const GroupId group = group_of(4);
  give_device(alice, "token of alice");
  online_elsewhere(members_[0], ClientClass::kMobile);
  in_batch([&] { EXPECT_TRUE(database->set_group_shield(members_[1], group, true).ok()); });
  in_batch([&] { EXPECT_TRUE(database->set_device(members_[2], std::nullopt).ok()); });
  tell(alice, {ConversationKind::kGroup, group}, MSG_TYPE_GROUP_TEXT);
  settle();
  ASSERT_EQ(all().size(), 1u);
  EXPECT_EQ(all()[0].user, members_[3]);
  EXPECT_EQ(all()[0].conversation, (ConversationRef{ConversationKind::kGroup, group}));
  EXPECT_EQ(all()[0].from, alice);
  EXPECT_EQ(all()[0].unread, 1u);
}

TEST_F(PushFinderTest, a_large_group_comes_in_pieces_and_without_unread) {
  const GroupId group = group_of(1'001);
  tell(alice, {ConversationKind::kGroup, group}, MSG_TYPE_GROUP_TEXT);
  tell(alice, members_[0]);
  settle();
  size_t largest = 0;
  for (const auto& part : found) largest = std::max(largest, part.size());
  EXPECT_EQ(largest, 100u);
  const std::vector<PushNotice> pushes = all();
  ASSERT_EQ(pushes.size(), 1'002u);
  EXPECT_FALSE(pushes[0].unread.has_value());
  EXPECT_EQ(pushes.back().unread, 2u);
}

TEST_F(PushFinderTest, a_group_that_nobody_knows_costs_nothing) {
  finder.message_stored({alice, {ConversationKind::kGroup, 999}, 0x11, "x", 1, std::nullopt}, {.msg_id = 1});
  give_device(bob, "token");
  tell(alice, bob);
  settle();
  EXPECT_EQ(all().size(), 1u);
}

TEST_F(PushFinderTest, what_waits_for_the_store_is_looked_up_together) {
  give_device(bob, "token");
  for (int i = 0; i < 50; ++i) tell(alice, bob);
  settle();
  EXPECT_EQ(found.size(), 2u);  // the first one at once
  ASSERT_EQ(all().size(), 50u);
  for (uint32_t i = 0; i < 50; ++i) EXPECT_EQ(all()[i].msg_id, i + 1);
}

TEST_F(PushFinderTest, past_the_bound_the_oldest_messages_are_dropped_and_counted) {
  settings.max_queued = 10;
  give_device(bob, "token");
  for (int i = 0; i < 20; ++i) tell(alice, bob);
  settle();
  EXPECT_EQ(all().size(), 11u);
  EXPECT_EQ(all().back().msg_id, 20u);
  EXPECT_EQ(dropped("overflow"), 9);
}

TEST_F(PushFinderTest, where_the_store_has_too_much_to_do_the_push_is_dropped_and_counted) {
  give_device(bob, "token");
  while (reads.try_submit([] { return Task(); })) {
  }
  tell(alice, bob);
  settle();
  EXPECT_TRUE(all().empty());
  EXPECT_EQ(dropped("store"), 1);
  tell(alice, bob);
  settle();
  EXPECT_EQ(all().size(), 1u);
}

}  // namespace
}  // namespace talkbeat::msg_server_test
