#include "tests/contract/group_contract.h"

// What every database must do with devices that take pushes.
namespace talkbeat {
namespace {

class DeviceContract : public GroupContract {
 protected:
  void set_device(UserId user, const std::optional<Device>& device) {
    EXPECT_TRUE(write([&](Database& db) { return db.set_device(user, device); }).ok());
  }
  StoreResult<Done> shield(UserId user, bool on) {
    return write([&](Database& db) { return db.set_push_shield(user, on); });
  }
  /// As "user:token", with a "!" where it is quiet at night.
  static std::vector<std::string> texts(const StoreResult<std::vector<PushTarget>>& targets) {
    std::vector<std::string> found;
    for (const PushTarget& target : targets.value()) {
      found.push_back(std::to_string(target.user) + ":" + target.device.token + (target.quiet_at_night ? "!" : ""));
    }
    return found;
  }
  std::vector<std::string> targets(const Users& users) { return texts(database_->push_targets(users)); }
  std::vector<std::string> group_targets(GroupId id) { return texts(database_->group_push_targets(id)); }
};
INSTANTIATE_TEST_SUITE_P(Each, DeviceContract, ::testing::ValuesIn(database_kinds()), kind_name);

using Texts = std::vector<std::string>;

TEST_P(DeviceContract, a_user_has_one_device_and_may_give_it_up) {
  EXPECT_TRUE(targets({alice_}).empty());
  set_device(alice_, Device{"a1", 0x11});
  set_device(alice_, Device{"a2", 0x12});
  auto found = database_->push_targets(Users{alice_});
  ASSERT_EQ(found.value().size(), 1u);
  EXPECT_EQ(found.value()[0].device.token, "a2");
  EXPECT_EQ(found.value()[0].device.client_type, 0x12u);
  set_device(alice_, std::nullopt);
  set_device(alice_, std::nullopt);
  EXPECT_TRUE(targets({alice_}).empty());
}

TEST_P(DeviceContract, a_device_belongs_to_whoever_has_logged_in_last) {
  set_device(alice_, Device{"phone", 1});
  set_device(bob_, Device{"old", 1});
  set_device(bob_, Device{"phone", 1});
  EXPECT_EQ(targets({alice_, bob_}), (Texts{"2:phone"}));
}

TEST_P(DeviceContract, a_token_may_hold_any_bytes) {
  const std::string token("a\0\xff'", 4);
  set_device(alice_, Device{token, 1});
  set_device(bob_, Device{"a", 1});
  EXPECT_EQ(database_->push_targets(Users{alice_}).value().at(0).device.token, token);
}

TEST_P(DeviceContract, targets_are_those_with_a_device_in_the_order_asked) {
  set_device(alice_, Device{"a", 1});
  set_device(carol_, Device{"c", 1});
  EXPECT_EQ(targets({carol_, 999, bob_, alice_}), (Texts{"3:c", "1:a"}));
}

TEST_P(DeviceContract, the_shield_at_night_goes_with_the_target) {
  set_device(alice_, Device{"a", 1});
  EXPECT_FALSE(database_->push_shield(alice_).value());
  ASSERT_TRUE(shield(alice_, true).ok());
  EXPECT_TRUE(database_->push_shield(alice_).value());
  EXPECT_EQ(targets({alice_}), (Texts{"1:a!"}));
  ASSERT_TRUE(shield(alice_, false).ok());
  EXPECT_EQ(targets({alice_}), (Texts{"1:a"}));
  expect_refused(shield(999, true), StoreError::kUnknownUser);
  expect_refused(database_->push_shield(999), StoreError::kUnknownUser);
}

TEST_P(DeviceContract, a_groups_targets_are_its_members_who_have_not_muted_it) {
  const GroupId id = create(alice_, {bob_, carol_});
  const UserId dave = add_user("dave");
  for (const UserId user : {alice_, bob_, dave}) set_device(user, Device{"t" + std::to_string(user), 1});
  ASSERT_TRUE(shield(bob_, true).ok());
  EXPECT_EQ(group_targets(id), (Texts{"1:t1", "2:t2!"}));
  ASSERT_TRUE(write([&](Database& db) { return db.set_group_shield(alice_, id, true); }).ok());
  EXPECT_EQ(group_targets(id), (Texts{"2:t2!"}));
  ASSERT_TRUE(remove(0, id, {bob_}).ok());
  EXPECT_TRUE(group_targets(id).empty());
  EXPECT_TRUE(group_targets(999).empty());
}

TEST_P(DeviceContract, nobody_pushes_to_a_disabled_account) {
  const GroupId id = create(alice_, {});
  set_device(alice_, Device{"a", 1});
  ASSERT_TRUE(write([&](Database& db) { return db.set_disabled(alice_, true, 1); }).ok());
  EXPECT_TRUE(targets({alice_}).empty());
  EXPECT_TRUE(group_targets(id).empty());
}

}  // namespace
}  // namespace talkbeat
