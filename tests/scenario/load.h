#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

struct LoadShape {
  size_t pairs = 6;
  size_t threads = 2;
  size_t window = 4;          // messages of one sender that wait for their ack
  milliseconds pause = 10ms;  // between two messages of one sender; 0: as fast as the acks come
  size_t msg_servers = 2;
  std::string prefix = "load";  // of the users' names; they are made in the constructor
};

/// One user of the load, who goes back to whichever msg_server lives when a connection is lost.
struct LoadUser {
  std::string name;
  size_t home = 0;  // the msg_server that is tried first
  uint32_t id = 0;
  std::unique_ptr<WireClient> client;
  size_t logins = 0;
  Deadline next_beat{0ms};
  std::chrono::steady_clock::time_point lost_at = {};  // since when there is no session; before the first one: nothing
  std::vector<milliseconds> away = {};                 // how long each time
};

/// A message and what became of it.
struct LoadMessage {
  uint64_t key = 0;
  std::string text;
  uint32_t msg_id = 0;  // 0: no ack yet
};

/// Pairs of users on real connections, one writing to the other on another msg_server, while the test does its worst.
/// What got no ack before the connection was lost is sent again with the same client_msg_key. Everybody sends
/// heartbeats, as clients have to: whoever waits and says nothing never learns that the server has given the connection
/// up. Its threads are its own; the test calls from one thread.
///
///   Load load(cluster, {.pairs = 4});
///   load.await_acks(200);
///   cluster.kill9("msg_server_0");
///   …
///   EXPECT_THAT(load.finish(), IsEmpty());   // the faults, in words
class Load {
 public:
  Load(const Cluster& cluster, const LoadShape& shape);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  size_t acked() const { return acked_; }
  /// Returns when so many more messages than now have been acked; throws where they are not in time.
  void await_acks(size_t more, milliseconds timeout = 60s);

  /// Stops sending, waits until everything is acked, and until every receiver whose connection has lasted has heard
  /// everything. Then looks into the store. What it returns is empty where each acked message is in its conversation
  /// exactly once under the id of its ack, nothing else is there, the ids have no gaps, and no receiver has got a
  /// message twice on one connection, or (if its connection lasted) missed one.
  std::vector<std::string> finish();
  /// Logins of receivers beyond the first. After finish().
  size_t receivers_lost() const;
  /// How long anybody was without a session, each time that a connection was lost, longest last. After finish().
  std::vector<milliseconds> times_away() const;

 private:
  struct Pair {
    LoadUser sender;
    LoadUser receiver;
    std::vector<LoadMessage> messages;
    std::map<uint16_t, size_t> in_flight;  // seq_num → place in messages
    std::vector<size_t> to_send_again;
    Deadline next{0ms};
    std::map<uint32_t, std::string> heard;  // on the receiver's present connection
    std::vector<std::string> faults;
  };

  void add_pairs();
  void drive(size_t thread);
  void step(Pair& pair);
  static void beat(LoadUser& user);
  bool log_in(LoadUser& user) const;
  static void lose(LoadUser& user);
  void take_acks(Pair& pair);
  void take_refusals(Pair& pair);
  void send_more(Pair& pair);
  static void listen(Pair& pair);
  void compare(Pair& pair) const;

  const Cluster& cluster_;
  LoadShape shape_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> acked_{0};
  std::atomic<bool> finishing_{false};
  std::atomic<bool> give_up_{false};
  std::atomic<size_t> threads_at_work_{0};
};

}  // namespace talkbeat::scenario
