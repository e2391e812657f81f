#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/options.h"

// The settings of what a msg_server offers beside logins and messages: part of MsgServerConfig, a section each.
namespace talkbeat {

/// Section [profile]: what users may say of themselves.
struct ProfileSettings {
  size_t max_avatar_url = 1'024;
  size_t max_sign_info = 512;
};

/// Section [groups].
struct GroupSettings {
  size_t max_members = 10'000;
  size_t max_name = 128;
  bool members_may_add = true;
  int64_t change_rate = 2;
  int64_t change_burst = 100;
  size_t cached_members = 1'000'000;
  size_t max_waiting = 10'000;
  size_t max_waiting_bytes = 64 << 20;
};

/// Section [push]: messages for users who are not online.
struct PushSettings {
  std::string url;  ///< empty: none are pushed
  std::string secret_file;
  size_t max_queued = 10'000;
  size_t max_batch = 100;
  Tick gather_ms = 200;
  Tick timeout_ms = 10'000;
  size_t max_tries = 8;
  BackoffPolicy backoff{.first_ms = 1'000, .max_ms = 60'000};
  size_t max_requests = 4;
  bool when_pc_online = false;
  std::string quiet_from = "22:00";
  std::string quiet_until = "07:00";
  std::string time_zone = "UTC";
  size_t max_token = 1'024;
  size_t unread_up_to = 100;
  size_t max_answer = 64 << 10;
  std::string proxy;
  std::string ca_file;
};

/// Section [files]: files between users.
struct FileSettings {
  std::string path;  ///< empty: files from online user to online user only
  uint64_t max_size = 2ULL << 30;
  size_t max_name = 1'024;
  size_t max_chunk = 256 << 10;
  size_t max_pulls = 4;
  size_t max_transfers = 1'000;
  size_t max_transfers_per_user = 10;
  Tick peer_timeout_ms = 300'000;
  Tick resume_timeout_ms = 60'000;
  uint64_t quota_per_sender = 2ULL << 30;
  uint64_t quota_total = 20ULL << 30;
  uint64_t min_free = 64ULL << 20;
  Tick keep_ms = 7LL * 24 * 3'600'000;
  Tick keep_incomplete_ms = 24LL * 3'600'000;
  Tick sweep_interval_ms = 60'000;
  size_t workers = 1;
  size_t max_queued = 1'000;
};

/// Section [admin]: the administration API, on the HTTP port.
struct AdminSettings {
  std::string key_file;  ///< empty: there is no API
  size_t max_body = 1 << 20;
  size_t max_list = 1'000;
  std::string system_user = "system";
  size_t broadcast_batch = 100;
  Tick broadcast_pause_ms = 50;
};

void describe(OptionTable& table, ProfileSettings& profile);
void describe(OptionTable& table, GroupSettings& groups);
void describe(OptionTable& table, PushSettings& push);
void describe(OptionTable& table, FileSettings& files);
void describe(OptionTable& table, AdminSettings& admin);

}  // namespace talkbeat
