#pragma once

#include "base/inline_executor.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "msg_server/msg_server.h"
#include "msg_server/store/store.h"
#include "tests/fuzz/memory_store.h"

namespace talkbeat::fuzz {

/// What a msg_server stands on, in memory: a store with three users (1 alice, 2 bob, 3 carol; password "secret"), a
/// group of them (1), a department and some messages; workers that run when they are told to. Everything is the same
/// for each input. One at a time.
///
///   MsgServerGround ground(loop);
///   MsgServer server(loop, ground.store, ground.hashing, ground.files, ground.rng, ground.metrics, config, key);
///   ground.run();  // what the workers have to do
class MsgServerGround {
 public:
  MsgServerGround(EventLoop& loop, const Clock& clock);

  void run();
  /// Bits: 1 the store, 2 the hashing, 4 the files don't answer; 8: what they have is done one by one.
  void hold(uint8_t bits) { held_ = bits; }

  /// Cheap passwords, small limits, so that bounds are met; no files on a disk.
  static MsgServerConfig config();
  static ClusterKey key();

  InlineExecutor writes;
  InlineExecutor reads;
  InlineExecutor hashing{4};
  InlineExecutor files;
  SeededRng rng{1};
  Metrics metrics;
  Store store;

 private:
  MsgServerGround(EventLoop& loop, const Clock& clock, SqliteDatabase& database);
  void run(InlineExecutor& executor, uint8_t bit);

  uint8_t held_ = 0;
};

}  // namespace talkbeat::fuzz
