#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "msg_server/store/database.h"
#include "msg_server/store/pair_row.h"
#include "msg_server/store/sqlite_queries.h"
#include "msg_server/store/sqlite_statement.h"
#include "msg_server/store/write_turnstile.h"

namespace talkbeat {

struct SqliteOptions {
  std::string path;                    ///< ":memory:": lives and dies with the object (tests)
  bool create = true;                  ///< make the file where there is none
  int busy_timeout_ms = 5'000;         ///< how long to wait for a lock of a process that ignores the turnstile
  int cache_kib = 16 * 1024;           ///< page cache of this connection
  int upkeep_pages = 2'000;            ///< upkeep is due when the log holds so many pages (4 KiB each)
  bool upkeep_in_commit = false;       ///< for tools without a Store: commits do the upkeep themselves, and stall on it
  int64_t log_limit_bytes = 64 << 20;  ///< the -wal file is cut back to this size once it has been copied
};

/// The database in one SQLite file (WAL, synchronous=FULL), shared by any number of processes on one machine.
///
/// Owned by main(); used by one thread at a time (a writer's and a reader's thread have one each, on the same path).
/// Writers take turns through `<path>.turnstile`. Disk full, I/O errors and the like are kUnavailable, and pass when
/// their cause does: nothing needs to be opened again.
///
///   auto opened = SqliteDatabase::open({.path = "run/talkbeat.db"});
///   if (!opened.ok()) return fail(opened.message());
///   Database& database = *opened.value();
class SqliteDatabase final : public Database {
 public:
  /// Creates or migrates the schema where needed. Fails on a file that is newer than this program or not ours.
  static Result<std::unique_ptr<SqliteDatabase>> open(const SqliteOptions& options);
  ~SqliteDatabase() override;

  Status begin_batch() override;
  Status commit_batch() override;
  void rollback_batch() override;
  std::string last_error() const override { return last_error_; }
  bool upkeep_due() const override { return log_pages_ >= options_.upkeep_pages; }
  Status upkeep() override;

  StoreResult<UserId> add_user(const NewUser& user, int64_t now) override;
  StoreResult<Done> set_password_hash(UserId user, std::string_view hash) override;
  StoreResult<Done> revoke_tokens(UserId user) override;
  StoreResult<Done> set_disabled(UserId user, bool disabled, int64_t now) override;
  StoreResult<std::optional<Account>> find_account(std::string_view name) override;
  StoreResult<std::vector<Profile>> profiles(std::span<const UserId> users) override;
  StoreResult<std::vector<Profile>> profiles_changed(int64_t since, UserId after, size_t limit) override;

  StoreResult<Appended> append(const NewMessage& message) override;
  StoreResult<std::vector<Message>> messages_before(UserId user, ConversationRef ref, uint32_t begin,
                                                    size_t limit) override;
  StoreResult<std::vector<Message>> messages_by_id(UserId user, ConversationRef ref,
                                                   std::span<const uint32_t> ids) override;
  StoreResult<uint32_t> latest_msg_id(UserId user, ConversationRef ref) override;
  StoreResult<std::vector<SequencedMessage>> messages_after(uint64_t after, size_t limit) override;
  StoreResult<uint64_t> latest_sequence() override;

  StoreResult<std::vector<Conversation>> conversations(UserId user, int64_t since, size_t limit) override;
  StoreResult<std::vector<Unread>> unread(UserId user) override;
  StoreResult<bool> mark_read(UserId user, ConversationRef ref, uint32_t msg_id) override;
  StoreResult<Done> remove_conversation(UserId user, ConversationRef ref) override;

 private:
  enum class Batch : uint8_t { kNone, kOpen, kBroken };

  SqliteDatabase(const SqliteOptions& options, SqliteConnection connection, std::optional<WriteTurnstile> turnstile);
  Status configure();
  Status prepare_all();
  Status enter_turnstile();
  void leave_turnstile();
  Status checkpoint(int mode, int& log_pages, int& copied_pages);
  Status finish_checkpoint();

  Statement& statement(Sql id) { return statements_[static_cast<size_t>(id)]; }
  /// Notes what SQLite says and breaks the batch, if one is open.
  StoreError unavailable();
  /// False: the batch is broken, nothing more may be written. Outside a batch it is our own bug.
  bool may_write() const;

  StoreResult<bool> user_enabled(UserId user);
  StoreResult<std::optional<Appended>> find_by_client_key(const NewMessage& message);
  StoreResult<PairRow> find_or_add_pair(UserId from, UserId to);
  StoreResult<Appended> append_to(const PairRow& pair, const NewMessage& message);
  StoreResult<std::optional<PairRow>> find_pair(UserId user, ConversationRef ref);
  /// The user's conversations that `wanted` (a predicate on PairRow) picks, newest first.
  template <class Predicate>
  StoreResult<std::vector<PairRow>> pairs_of(UserId user, Predicate wanted);
  StoreResult<Message> latest_message(const PairRow& pair);
  StoreResult<bool> set_mark(UserId user, const PairRow& pair, const PairMark& mark);

  SqliteOptions options_;
  SqliteConnection connection_;
  std::optional<WriteTurnstile> turnstile_;
  std::vector<Statement> statements_;  // after connection_: finalized first
  Batch batch_ = Batch::kNone;
  int log_pages_ = 0;  // in the write-ahead log after our last commit
  std::string last_error_;
};

}  // namespace talkbeat
