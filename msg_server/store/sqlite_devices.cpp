#include "msg_server/store/sqlite_database.h"

// Devices that take pushes, and who wants none, in SQLite.
namespace talkbeat {
namespace {

PushTarget read_target(const Query& row) {
  return PushTarget{.user = row.number<UserId>(0),
                    .device = {.token = row.text(1), .client_type = row.number<uint32_t>(2)},
                    .quiet_at_night = row.integer(3) != 0};
}

}  // namespace

StoreResult<Done> SqliteDatabase::set_device(UserId user, const std::optional<Device>& device) {
  auto changed = device ? core_.change(Sql::kSetDevice, user, device->token, device->client_type)
                        : core_.change(Sql::kDropDevice, user);
  if (!changed.ok()) return changed.error();
  return Done{};
}

StoreResult<Done> SqliteDatabase::set_push_shield(UserId user, bool on) {
  return core_.change_one(StoreError::kUnknownUser, Sql::kSetPushShield, user, on ? 1 : 0);
}

StoreResult<bool> SqliteDatabase::push_shield(UserId user) {
  auto shield = core_.first(
      Sql::kPushShield, [](const Query& row) { return row.integer(0) != 0; }, user);
  if (!shield.ok()) return shield.error();
  if (!shield.value()) return StoreError::kUnknownUser;
  return *shield.value();
}

StoreResult<std::vector<PushTarget>> SqliteDatabase::push_targets(std::span<const UserId> users) {
  return core_.first_of_each(Sql::kPushTarget, read_target, users);
}

StoreResult<std::vector<PushTarget>> SqliteDatabase::group_push_targets(GroupId group) {
  return core_.rows(Sql::kGroupPushTargets, read_target, group);
}

}  // namespace talkbeat
