#include "msg_server/service_settings.h"

#include "base/http_client.h"
#include "msg_server/push/quiet_hours.h"

namespace talkbeat {

namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

}  // namespace

void describe(OptionTable& table, ProfileSettings& profile) {
  table.section("profile", "What users may say of themselves.");
  table
      .bytes("max_avatar_url", profile.max_avatar_url, {16, 64 << 10},
             "Longest address of an avatar: it is part of every list of users.")
      .reloadable();
  table.bytes("max_sign_info", profile.max_sign_info, {16, 64 << 10}, "Longest signature; the same.").reloadable();
}

void describe(OptionTable& table, GroupSettings& groups) {
  table.section("groups", "Groups of users.");
  table
      .integer("max_members", groups.max_members, {2, 100'000}, "members",
               "Members of one group; each change sends the list of all of them to each of them.")
      .reloadable();
  table.bytes("max_name", groups.max_name, {8, 64 << 10}, "Longest name of a group.").reloadable();
  table
      .boolean("members_may_add", groups.members_may_add,
               "true: every member may add others, as in TeamTalk. false: only the creator may.")
      .reloadable();
  table
      .integer(
          "change_rate", groups.change_rate, {1, 1'000'000}, "changes a second",
          "Groups that one connection may make or change for long: each change goes to all members, with the list of "
          "all of them.")
      .reloadable();
  table
      .integer("change_burst", groups.change_burst, {1, 1'000'000}, "changes",
               "What it may change at once after a quiet time. Both count for connections made from then on.")
      .reloadable();
  table.integer("cached_members", groups.cached_members, {1'000, 1'000'000'000}, "members",
                "Members of groups kept in memory, 8 bytes each; the groups that were used longest ago make room.");
  table.integer("max_waiting", groups.max_waiting, {100, 10'000'000}, "messages",
                "Messages that wait until their groups' members have been read from the store (one group: a quarter); "
                "past it they are delivered a second later, by a sweep.");
  table.bytes("max_waiting_bytes", groups.max_waiting_bytes, {16 << 20, 16LL << 30}, "The same, in bytes.");
}

namespace {

void describe_requests(OptionTable& table, PushSettings& push) {
  table
      .integer(
          "max_queued", push.max_queued, {10, 10'000'000}, "pushes",
          "Pushes that wait for the gateway; past it the oldest are dropped and counted. The messages are not lost: "
          "they are in the store.")
      .reloadable();
  table.integer("max_batch", push.max_batch, {1, 10'000}, "pushes", "Most pushes in one request.").reloadable();
  table.duration("gather", push.gather_ms, {1, 60'000}, "Pushes are gathered for this long before a request.")
      .reloadable();
  table.integer("max_requests", push.max_requests, {1, 1'000}, "requests", "At the same time.").reloadable();
  table.duration("timeout", push.timeout_ms, {100, kHour}, "A request without an answer for this long has failed.")
      .reloadable();
  table
      .integer(
          "max_tries", push.max_tries, {1, 1'000}, "tries",
          "A request that has failed so often (no answer, 429 or 5xx) is dropped and counted; other refusals are at "
          "once.")
      .reloadable();
  table
      .duration("retry_first", push.backoff.first_ms, {1, kHour},
                "The first wait after a failure is a random part of this; it doubles with each failure (full jitter).")
      .reloadable();
  table
      .duration("retry_max", push.backoff.max_ms, {1, kHour},
                "No wait is longer than this, whatever Retry-After the gateway answers.")
      .reloadable();
  table.bytes("max_answer", push.max_answer, {1 << 10, 64 << 20},
              "Longest answer of the gateway; a longer one has failed.");
  table.text("proxy", push.proxy, "http://host:port of a proxy. Empty: none; the environment's do not count.");
  table.text("ca_file", push.ca_file,
             "Certificates (PEM) of those who may vouch for the gateway. Empty: whom the system trusts.");
}

void describe_quiet_hours(OptionTable& table, PushSettings& push) {
  table
      .text("quiet_from", push.quiet_from,
            "Users who have turned their push shield on get no pushes from this time of day …")
      .reloadable();
  table.text("quiet_until", push.quiet_until, "… to this one, HH:MM. The same: there are no quiet hours.").reloadable();
  table.text("time_zone", push.time_zone, "The zone of these two: a name of the IANA database (Europe/Berlin).")
      .reloadable();
}

std::optional<BrokenRule> broken_gateway(const PushSettings& push) {
  if (!push.url.empty()) {
    if (const Status url = HttpClient::check_url(push.url); !url.ok()) return BrokenRule{"push.url", url.message()};
    if (push.secret_file.empty()) return BrokenRule{"push.secret_file", "is needed where push.url is set"};
  }
  if (push.proxy.empty()) return std::nullopt;
  const Status proxy = HttpClient::check_url(push.proxy);
  if (proxy.ok()) return std::nullopt;
  return BrokenRule{"push.proxy", proxy.message()};
}

std::optional<BrokenRule> broken_quiet_hours(const PushSettings& push) {
  const auto from = QuietHours::minute_of_day(push.quiet_from);
  if (!from.ok()) return BrokenRule{"push.quiet_from", from.message()};
  const auto until = QuietHours::minute_of_day(push.quiet_until);
  if (!until.ok()) return BrokenRule{"push.quiet_until", until.message()};
  const auto zone = QuietHours::find_zone(push.time_zone);
  if (!zone.ok()) return BrokenRule{"push.time_zone", zone.message()};
  return std::nullopt;
}

}  // namespace

void describe(OptionTable& table, PushSettings& push) {
  table.section("push", "Messages for users who are not online go to a push gateway, by HTTP POST (OPERATIONS.md).");
  table.text("url", push.url, "Where to: http:// or https://. Empty: nothing is pushed.");
  table.text("secret_file", push.secret_file,
             "The file with the key that signs each request (X-TalkBeat-Signature). Needed where url is set.");
  describe_requests(table, push);
  table
      .boolean("when_pc_online", push.when_pc_online,
               "true: push also while the user is online on a PC, but on no mobile device.")
      .reloadable();
  table.bytes("max_token", push.max_token, {16, 64 << 10}, "Longest device token that a client may register.")
      .reloadable();
  table
      .integer("unread_up_to", push.unread_up_to, {0, 10'000}, "receivers",
               "A push says how much its receiver has not read. In a group where more members than this have devices, "
               "that would cost too much, and is left out.")
      .reloadable();
  describe_quiet_hours(table, push);
  table.check([&push] { return broken_gateway(push); });
  table.check([&push] { return broken_quiet_hours(push); });
}

namespace {

void describe_limits(OptionTable& table, FileSettings& files) {
  table
      .bytes("max_size", files.max_size, {1, (4ULL << 30) - 1},
             "Largest file. The protocol counts in 32 bits, so that 4 GiB is the end.")
      .reloadable();
  table.bytes("max_name", files.max_name, {1, 8 << 10}, "Longest name of a file.").reloadable();
  table.bytes("max_chunk", files.max_chunk, {4 << 10, 512 << 10}, "Most bytes that go in one piece.").reloadable();
  table
      .integer(
          "max_pulls", files.max_pulls, {1, 64}, "pieces",
          "Pieces of one file under way at once. max_pulls times max_chunk is what a transfer takes of the memory.")
      .reloadable();
  table
      .integer("max_transfers", files.max_transfers, {1, 1'000'000}, "files",
               "Files under way, or offered to a user who is online and not fetched yet, on this server at once.")
      .reloadable();
  table
      .integer("max_transfers_per_user", files.max_transfers_per_user, {1, 1'000'000}, "files",
               "The same of one user: those that are sent, and as many again of that user's offline files that are "
               "fetched.")
      .reloadable();
}

void describe_times(OptionTable& table, FileSettings& files) {
  table
      .duration("peer_timeout", files.peer_timeout_ms, {1'000, kDay},
                "How long an offer to a user who is online waits for both to connect, and a transfer for its next "
                "piece.")
      .reloadable();
  table
      .duration("resume_timeout", files.resume_timeout_ms, {0, kDay},
                "How long a sender is kept waiting for a receiver whose connection was lost.")
      .reloadable();
}

void describe_disk(OptionTable& table, FileSettings& files) {
  table
      .bytes("quota_per_sender", files.quota_per_sender, {0, 1ULL << 50},
             "What one user's files that wait may take together (each counts for 64 KiB at least); a further one is "
             "refused.")
      .reloadable();
  table.bytes("quota_total", files.quota_total, {0, 1ULL << 50}, "The same of all users.").reloadable();
  table
      .bytes("min_free", files.min_free, {0, 1ULL << 50},
             "What has to be left on the disk when a file is complete: an upload that would take it has to wait.")
      .reloadable();
  table
      .duration("keep", files.keep_ms, {1'000, 10 * 365 * kDay},
                "A file that was not fetched is deleted after this time, from when all of it was there.")
      .reloadable();
  table
      .duration("keep_incomplete", files.keep_incomplete_ms, {1'000, 10 * 365 * kDay},
                "A file that was offered and is not all there after this time is deleted: until then it counts for its "
                "sender's quota. Never longer than keep.")
      .reloadable();
  table.duration("sweep_interval", files.sweep_interval_ms, {100, kDay}, "How often expired files are looked for.");
  table.integer("workers", files.workers, {1, 64}, "threads", "Reading and writing files.");
  table.integer("max_queued", files.max_queued, {10, 1'000'000}, "chunks",
                "Chunks that wait to be read or written; past it transfers wait.");
}

}  // namespace

void describe(OptionTable& table, FileSettings& files) {
  table.section("files", "Files from user to user, over a second connection to the client port.");
  table.text(
      "path", files.path,
      "The directory for files that wait for their receiver. All msg_servers of a machine share it. Empty: files "
      "go between users who are online only.");
  describe_limits(table, files);
  describe_times(table, files);
  describe_disk(table, files);
}

void describe(OptionTable& table, AdminSettings& admin) {
  table.section("admin", "The administration API on the HTTP port (OPERATIONS.md).");
  table.text("key_file", admin.key_file,
             "The file with the key that requests have to show (Authorization: Bearer KEY). Empty: there is no API.");
  table.bytes("max_body", admin.max_body, {1 << 10, 64 << 20}, "Longest body of a request.").reloadable();
  table
      .integer("max_list", admin.max_list, {10, 100'000}, "entries",
               "Most entries of one page of an answer, and the most that one can ask for with ?limit=.")
      .reloadable();
  table.text(
      "system_user", admin.system_user,
      "The account that messages of the administration come from; made where there is none. Nobody can log in to it.");
  table
      .integer("broadcast_batch", admin.broadcast_batch, {1, 10'000}, "messages",
               "A broadcast is stored in batches of so many, each in one transaction, and others' messages in between.")
      .reloadable();
  table
      .duration("broadcast_pause", admin.broadcast_pause_ms, {1, kHour},
                "How long a broadcast waits after each of them.")
      .reloadable();
}

}  // namespace talkbeat
