#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "msg_server/store/database.h"
#include "msg_server/store/store_job.h"

namespace talkbeat {

/// The store as the event loop sees it: every call returns at once, and its answer arrives later on the loop's thread
/// (never inside the call).
///
/// Group commit: while a batch is being committed, the writes that arrive wait; then all of them are committed in one
/// transaction. Under light load a write costs one commit, under heavy load the batch grows by itself. Callbacks of one
/// batch run in the order of the calls, after the commit: what they say is durable.
///
///   store.append(message, [conn](const NewMessage&, const StoreResult<Appended>& stored) { … look conn up again … });
///   store.write<Done>([user, ref](Database& db) { return db.remove_conversation(user, ref); },
///                     [conn](const StoreResult<Done>& done) { … });
///
/// Owned by main(), used on the loop's thread. A store that goes away drops the callbacks that have not run; the batch
/// on its way may still be committed.
class Store {
 public:
  template <class T>
  using Callback = std::function<void(StoreResult<T>)>;
  /// Runs a task on the loop's thread, later: EventLoop::post.
  using Post = std::function<void(Task)>;

  struct Limits {
    size_t max_queued_writes = 50'000;    ///< past it: kBusy
    size_t max_batch = 1'000;             ///< writes in one transaction
    size_t max_queued_bytes = 64u << 20;  ///< of messages that wait; past it: kBusy
    size_t max_batch_bytes = 4u << 20;    ///< of messages in one transaction, so that it does not keep others waiting
  };

  /// What happened since the start, for metrics.
  struct Stats {
    uint64_t batches = 0;         ///< committed
    uint64_t writes = 0;          ///< that were part of those
    uint64_t messages = 0;        ///< new ones among those writes
    uint64_t failed_batches = 0;  ///< every write in them got kUnavailable
    uint64_t busy = 0;            ///< calls answered kBusy
    uint64_t upkeeps = 0;         ///< see Database::upkeep
    std::string last_error;       ///< the database's words for the last failure
  };

  /// Both databases and executors outlive the store; each database is used by its executor's one thread only. They may
  /// be the same ones (an in-memory database in tests).
  Store(Database& writer, Executor& write_executor, Database& reader, Executor& read_executor, Limits limits,
        Post post);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// `work` runs inside a batch in the writer's thread; it must do nothing but use the database it is given.
  template <class T>
  void write(std::function<StoreResult<T>(Database&)> work, Callback<T> done) {
    add_write(std::make_unique<StoreJobOf<T>>(std::move(work), std::move(done)));
  }

  /// Stores a message, as Database::append does; `done` gets it back with what became of it.
  void append(NewMessage message, AppendJob::Callback done) {
    add_write(std::make_unique<AppendJob>(std::move(message), std::move(done)));
  }

  /// `work` runs in the reader's thread. It sees every write whose callback has run.
  template <class T>
  void read(std::function<StoreResult<T>(Database&)> work, Callback<T> done) {
    start_read(std::make_unique<StoreJobOf<T>>(std::move(work), std::move(done)));
  }

  /// Writes accepted and not yet answered.
  size_t pending_writes() const { return pending_writes_; }
  /// Calls that are queued, being committed, or refused and not yet told so: what no answer has been given to is one of
  /// them. Counted by where they are, not by calls and answers.
  size_t unanswered() const { return queue_.size() + in_commit_ + refused_; }
  const Stats& stats() const { return stats_; }

 private:
  struct Batch;

  void add_write(std::unique_ptr<StoreJob> job);
  void start_batch();
  /// The jobs that go into the next batch leave the queue.
  std::vector<std::unique_ptr<StoreJob>> take_batch();
  void finish_batch(Batch& batch);
  void answer_batch(Batch& batch);
  void start_read(std::unique_ptr<StoreJob> job);
  void start_upkeep();
  /// Answers kBusy on a later turn.
  void refuse(std::unique_ptr<StoreJob> job);
  /// `task`, but only if the store is still there when it runs.
  Task while_alive(std::function<void()> task) const;

  Database& writer_;
  Executor& write_executor_;
  Database& reader_;
  Executor& read_executor_;
  Limits limits_;
  Post post_;
  std::deque<std::unique_ptr<StoreJob>> queue_;
  bool committing_ = false;
  size_t in_commit_ = 0;  // jobs of the batch on its way
  size_t refused_ = 0;    // jobs whose refusal is on its way
  bool upkeep_running_ = false;
  size_t pending_writes_ = 0;
  size_t queued_bytes_ = 0;  // of those in the queue
  Stats stats_;
  // What outlives the store holds a weak pointer to this; it is looked at on the loop's thread only.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace talkbeat
