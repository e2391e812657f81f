#include "tests/sim/sim_store.h"

#include <sqlite3.h>

#include <utility>

#include "base/check.h"
#include "base/wire_password.h"
#include "msg_server/password.h"

namespace talkbeat::sim {

namespace {

constexpr int64_t kLongAgo = 1'600'000'000;
// Everybody, half of them, and small ones.
constexpr size_t kGroupStrides[] = {1, 2, 7, 10};

thread_local sqlite3* just_opened = nullptr;

// How the one who opens a database through SqliteDatabase gets hold of its connection.
int note_opened(sqlite3* connection, const char** /*error*/, const void* /*api*/) {
  just_opened = connection;
  return SQLITE_OK;
}

// One thread is all that a simulation has: no locks, and no count of the memory in use. Once, before SQLite begins.
void configure_sqlite() {
  static const bool done = sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK &&
                           sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
  CHECK(done);
}

std::unique_ptr<SqliteDatabase> open_noted() {
  configure_sqlite();
  const auto hook = reinterpret_cast<void (*)()>(note_opened);
  CHECK(sqlite3_auto_extension(hook) == SQLITE_OK);
  auto opened = SqliteDatabase::open({.path = ":memory:", .cache_kib = 512});
  sqlite3_cancel_auto_extension(hook);
  CHECK(opened.ok());
  return std::move(opened.value());
}

const std::string& password_hash() {
  static const std::string hash =
      hash_password(wire_password(Population::kPassword), {.operations = 1, .memory_bytes = 8 << 10});
  return hash;
}

}  // namespace

SimStore::SimStore(size_t users) : database_(open_noted()) {
  add_users(users);
  add_groups();
  sqlite3_commit_hook(just_opened, on_commit, this);
}

SimStore::~SimStore() = default;

// Anything but 0 makes the commit a rollback.
int SimStore::on_commit(void* self) {
  auto& store = *static_cast<SimStore*>(self);
  if (!store.failing_) return 0;
  ++store.failed_commits_;
  return 1;
}

void SimStore::add_users(size_t count) {
  CHECK(database_->begin_batch().ok());
  for (size_t i = 0; i < count; ++i) {
    const std::string name = Population::name_of(i);
    population_.users.push_back(database_->add_user({name, password_hash(), name}, kLongAgo).value());
  }
  CHECK(database_->commit_batch().ok());
}

void SimStore::add_groups() {
  CHECK(database_->begin_batch().ok());
  for (const size_t stride : kGroupStrides) {
    std::vector<UserId> members;
    for (size_t i = 0; i < population_.users.size(); i += stride) members.push_back(population_.users[i]);
    const NewGroup group{.kind = GroupKind::kTemporary,
                         .name = "every " + std::to_string(stride),
                         .avatar_url = "",
                         .creator = members.front(),
                         .members = members};
    population_.groups.push_back(database_->create_group(group, kLongAgo).value().now.group.id);
    population_.members.push_back(std::move(members));
  }
  CHECK(database_->commit_batch().ok());
}

}  // namespace talkbeat::sim
