#pragma once

#include <optional>
#include <span>
#include <vector>

#include "msg_server/store/device_records.h"
#include "msg_server/store/group_records.h"
#include "msg_server/store/store_result.h"

namespace talkbeat {

/// Where to push messages for users who are not online: a part of Database (see there). All writes: inside a batch.
class DeviceDatabase {
 public:
  virtual ~DeviceDatabase() = default;

  /// Nothing: the user has none any more. Another user's entry with the same token goes.
  virtual StoreResult<Done> set_device(UserId user, const std::optional<Device>& device) = 0;
  /// Do not disturb at night. Refuses kUnknownUser.
  virtual StoreResult<Done> set_push_shield(UserId user, bool on) = 0;
  /// Refuses kUnknownUser.
  virtual StoreResult<bool> push_shield(UserId user) = 0;
  /// Of those among `users` who have a device, in the order asked. Nobody pushes to disabled accounts.
  virtual StoreResult<std::vector<PushTarget>> push_targets(std::span<const UserId> users) = 0;
  /// Of the group's members who have a device and have not muted the group, by id. No such group: none.
  virtual StoreResult<std::vector<PushTarget>> group_push_targets(GroupId group) = 0;
};

}  // namespace talkbeat
