#include "tests/fuzz/msg_server_world.h"

#include <array>
#include <string>

#include "base/check.h"

namespace talkbeat::fuzz {

namespace {

constexpr PasswordCost kCheap{.operations = 1, .memory_bytes = 8 << 10};

const std::string& password_hash() {
  static const std::string hash = hash_password("secret", kCheap);
  return hash;
}

template <class T>
T must(StoreResult<T> result) {
  CHECK(result.ok());
  return std::move(result).value();
}

void fill(Database& database) {
  constexpr int64_t kLongAgo = 1'600'000'000;
  for (const char* name : {"alice", "bob", "carol"}) must(database.add_user({name, password_hash(), name}, kLongAgo));
  const NewGroup group{.kind = GroupKind::kNormal, .name = "all", .avatar_url = "", .creator = 1, .members = {1, 2, 3}};
  must(database.create_group(group, kLongAgo));
  for (uint64_t key = 1; key <= 5; ++key) {
    must(database.append({2, {ConversationKind::kSingle, 1}, 1, "hello", kLongAgo, key}));
    must(database.append({3, {ConversationKind::kGroup, 1}, 0x11, "all of you", kLongAgo, key}));
  }
}

SqliteDatabase& fresh_database() {
  static MemoryStore store(fill);
  store.restore();
  return store.database();
}

}  // namespace

MsgServerGround::MsgServerGround(EventLoop& loop, const Clock& clock)
    : MsgServerGround(loop, clock, fresh_database()) {}

MsgServerGround::MsgServerGround(EventLoop& loop, const Clock& clock, SqliteDatabase& database)
    : metrics(clock), store(database, writes, database, reads, config().store.limits, [&loop](Task task) {
        loop.post(std::move(task));
      }) {}

void MsgServerGround::run(InlineExecutor& executor, uint8_t bit) {
  constexpr uint8_t kOneByOne = 8;
  if ((held_ & bit) != 0) return;
  if ((held_ & kOneByOne) != 0) {
    executor.run_one();
  } else {
    executor.run_all();
  }
}

void MsgServerGround::run() {
  run(writes, 1);
  run(reads, 1);
  run(hashing, 2);
  run(files, 4);
}

MsgServerConfig MsgServerGround::config() {
  MsgServerConfig config;
  config.client.listen = {"192.0.2.1", 8200};
  config.client.ip1 = config.client.ip2 = "192.0.2.1";
  config.client.max_list = 20;
  config.client.max_watched_users = 20;
  config.client.out = {.soft = 64 << 10, .soft_ms = 10'000, .hard = 256 << 10};
  config.http_listen = {"127.0.0.1", 8203};
  config.cluster.login_servers = {};
  config.password.cost = kCheap;
  config.store.limits.max_queued_writes = 20;
  config.groups.max_members = 10;
  config.groups.cached_members = 30;
  config.groups.max_waiting = 10;
  config.files.max_chunk = 1 << 10;
  config.files.max_transfers = 4;
  return config;
}

ClusterKey MsgServerGround::key() {
  ClusterKey key;
  key.bytes[0] = 1;
  return key;
}

}  // namespace talkbeat::fuzz
