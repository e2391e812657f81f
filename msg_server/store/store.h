#pragma once

#include <functional>
#include <vector>

#include "base/executor.h"
#include "msg_server/store/database.h"

namespace talkbeat {

/// The store as the event loop sees it: every call returns at once, and its answer arrives later on the loop's thread
/// (never inside the call).
///
/// Group commit: while a batch is being committed, the writes that arrive wait; then all of them are committed in one
/// transaction. Under light load a write costs one commit, under heavy load the batch grows by itself. Callbacks of one
/// batch run in the order of the calls, after the commit: what they say is durable.
///
///   store.write<Appended>([message](Database& db) { return db.append(message); },
///                         [conn](StoreResult<Appended> result) { … look conn up again … });
class Store {
 public:
  template <class T>
  using Callback = std::function<void(StoreResult<T>)>;

  struct Limits {
    size_t max_queued_writes = 10'000;  ///< past it: kBusy
    size_t max_batch = 1'000;           ///< writes in one transaction
  };

  /// Both databases and executors outlive the store; each database is used by its executor's one thread only. They may
  /// be the same ones (an in-memory database in tests).
  Store(Database& writer, Executor& write_executor, Database& reader, Executor& read_executor, Limits limits);
  ~Store();

  /// `work` runs inside a batch in the writer's thread; it must do nothing but use the database it is given.
  template <class T>
  void write(std::function<StoreResult<T>(Database&)> work, Callback<T> done);

  /// `work` runs in the reader's thread. It sees every write whose callback has run.
  template <class T>
  void read(std::function<StoreResult<T>(Database&)> work, Callback<T> done);

  /// Writes accepted and not yet answered.
  size_t pending_writes() const;
  // (implementation to be completed: private members)
};

}  // namespace talkbeat
