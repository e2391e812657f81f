#include "msg_server/store/sqlite_core.h"

#include <sqlite3.h>

#include <array>

#include "base/check.h"
#include "msg_server/store/sqlite_schema.h"

namespace talkbeat {
namespace {

// How long a checkpoint waits for readers that still use the log. They read for milliseconds; meanwhile writers wait.
constexpr int kReaderPatienceMs = 100;

int remember_log_pages(void* log_pages, sqlite3*, const char*, int pages) {
  *static_cast<int*>(log_pages) = pages;
  return SQLITE_OK;
}

}  // namespace

SqliteCore::SqliteCore(const SqliteOptions& options, SqliteConnection connection,
                       std::optional<WriteTurnstile> turnstile)
    : options_(options), connection_(std::move(connection)), turnstile_(std::move(turnstile)) {}

SqliteCore::~SqliteCore() {
  rollback_batch();
}

int64_t SqliteCore::last_id() const {
  return sqlite3_last_insert_rowid(connection_.handle());
}

int SqliteCore::changed_rows() const {
  return sqlite3_changes(connection_.handle());
}

// Processes that start together on a new file do this one after the other.
Status SqliteCore::configure() {
  Status entered = enter_turnstile();
  if (!entered.ok()) return entered;
  sqlite3_busy_timeout(connection_.handle(), options_.busy_timeout_ms);
  auto mode = connection_.first_value("PRAGMA journal_mode = WAL");
  Status status = mode.ok() ? Status() : Error{mode.message()};
  if (status.ok()) {
    status = connection_.execute(
        "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
        "PRAGMA cache_size = -" +
        std::to_string(options_.cache_kib) +
        "; PRAGMA journal_size_limit = " + std::to_string(options_.log_limit_bytes));
  }
  if (status.ok()) status = migrate(connection_, schema_steps());  // sorts millions of keys, which may go to the disk
  if (status.ok()) status = connection_.execute("PRAGMA temp_store = MEMORY");
  leave_turnstile();
  if (status.ok() && turnstile_ && mode.value() != "wal") status = Error{"it cannot have a write-ahead log here"};
  if (status.ok()) status = prepare_all();
  // The hook takes the place of SQLite's own checkpoints inside the commit.
  if (options_.upkeep_in_commit) {
    sqlite3_wal_autocheckpoint(connection_.handle(), options_.upkeep_pages);
  } else {
    sqlite3_wal_hook(connection_.handle(), remember_log_pages, &log_pages_);
  }
  return status;
}

Status SqliteCore::prepare_all() {
  const std::array<std::pair<std::optional<Statement>*, std::string_view>, 3> own{
      {{&begin_, "BEGIN IMMEDIATE"}, {&commit_, "COMMIT"}, {&data_version_, "PRAGMA data_version"}}};
  for (const auto& [statement, text] : own) {
    auto prepared = Statement::prepare(connection_, text);
    if (!prepared.ok()) return Error{prepared.message()};
    *statement = std::move(prepared.value());
  }
  statements_.reserve(kSqlTexts.size());
  for (const SqlText& sql : kSqlTexts) {
    auto prepared = Statement::prepare(connection_, sql.text);
    if (!prepared.ok()) return Error{prepared.message()};
    statements_.push_back(std::move(prepared.value()));
  }
  return {};
}

Status SqliteCore::run(std::optional<Statement>& statement) {
  if (Query query(*statement); query.run()) return {};
  return Error{connection_.error_text()};
}

Status SqliteCore::enter_turnstile() {
  return turnstile_ ? turnstile_->enter() : Status();
}

void SqliteCore::leave_turnstile() {
  if (turnstile_) turnstile_->leave();
}

Status SqliteCore::begin_batch() {
  CHECK(batch_ == Batch::kNone);
  Status status = enter_turnstile();
  if (status.ok()) status = run(begin_);
  if (status.ok()) {
    batch_ = Batch::kOpen;
    pairs_checked_ = false;
  } else {
    last_error_ = status.message();
    leave_turnstile();
  }
  return status;
}

Status SqliteCore::commit_batch() {
  CHECK(batch_ != Batch::kNone);
  write_pairs();
  Status status = batch_ == Batch::kOpen ? run(commit_) : Error{last_error_};
  if (!status.ok()) {
    last_error_ = status.message();
    rollback_batch();
    return status;
  }
  batch_ = Batch::kNone;
  leave_turnstile();
  return status;
}

void SqliteCore::rollback_batch() {
  if (batch_ == Batch::kNone) return;
  pairs_.clear();
  // After some errors SQLite has rolled back by itself.
  if (sqlite3_get_autocommit(connection_.handle()) == 0) (void)connection_.execute("ROLLBACK");
  batch_ = Batch::kNone;
  leave_turnstile();
}

StoreError SqliteCore::unavailable() {
  last_error_ = connection_.error_text();
  if (batch_ == Batch::kOpen) batch_ = Batch::kBroken;
  return StoreError::kUnavailable;
}

bool SqliteCore::may_write() const {
  CHECK(batch_ != Batch::kNone);
  return batch_ == Batch::kOpen;
}

PairCache& SqliteCore::pairs() {
  CHECK(batch_ != Batch::kNone);
  if (!pairs_checked_ && !file_unchanged()) pairs_.clear();
  pairs_checked_ = true;
  return pairs_;
}

bool SqliteCore::file_unchanged() {
  Query query(*data_version_);
  const int64_t version = query.next() ? query.integer(0) : 0;
  const bool same = version != 0 && version == pairs_version_;
  pairs_version_ = version;
  return same;
}

PairCache::Entry& SqliteCore::remember_pair(const PairRow& row, bool enabled) {
  if (pairs_.full()) forget_pairs();
  return pairs_.put(row, enabled);
}

void SqliteCore::forget_pairs() {
  write_pairs();
  pairs_.clear();
}

// That the row is still what was read, or written last, is certain while the turnstile and data_version do their work.
// Were it not, a message would get another one's msg_id: then rather no batch.
void SqliteCore::write_pairs() {
  for (PairCache::Entry* pair : pairs_.changed()) {
    const PairRow& row = pair->row;
    auto kept = change(Sql::kKeepPair, row.conv_id, row.last_msg_id, row.last_sequence, row.updated_at, row.low_sent,
                       row.low_mark.read, row.low_mark.seen, row.low_mark.hidden, row.high_mark.read,
                       row.high_mark.seen, row.high_mark.hidden, pair->kept_sequence);
    if (kept.ok() && kept.value() == 0) {
      (void)unavailable();
      last_error_ = "a conversation has changed under the writer's hands";
    }
    if (!may_write()) break;
    pair->kept_sequence = row.last_sequence;
  }
  pairs_.forget_changes();
}

// A log that is being written can never be copied to its end, and only a log that has been is begun anew. So most of it
// is copied while commits go on, and the little that came meanwhile while the writers wait at the turnstile.
Status SqliteCore::upkeep() {
  CHECK(batch_ == Batch::kNone);
  int log_pages = 0;
  int copied = 0;
  Status status = checkpoint(SQLITE_CHECKPOINT_PASSIVE, log_pages, copied);
  const bool another_process_was_first = log_pages < options_.upkeep_pages;
  if (!status.ok() || another_process_was_first) return status;
  status = checkpoint(SQLITE_CHECKPOINT_PASSIVE, log_pages, copied);  // the second one has little to copy
  return status.ok() ? finish_checkpoint() : status;
}

Status SqliteCore::finish_checkpoint() {
  Status status = enter_turnstile();
  if (!status.ok()) return status;
  int log_pages = 0;
  int copied = 0;
  sqlite3_busy_timeout(connection_.handle(), kReaderPatienceMs);
  status = checkpoint(SQLITE_CHECKPOINT_RESTART, log_pages, copied);
  sqlite3_busy_timeout(connection_.handle(), options_.busy_timeout_ms);
  leave_turnstile();
  return status;
}

Status SqliteCore::checkpoint(int mode, int& log_pages, int& copied_pages) {
  const int code = sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, mode, &log_pages, &copied_pages);
  // Busy: another process is at it, or somebody reads; the next time will do.
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return {};
  last_error_ = connection_.error_text();
  return Error{last_error_};
}

}  // namespace talkbeat
