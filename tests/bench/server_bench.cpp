#include <benchmark/benchmark.h>

#include "proto/message.pb.h"
#include "proto/other.pb.h"
#include "proto/switch_service.pb.h"
#include "tests/bench/allocations.h"
#include "tests/bench/bench_server.h"

// The whole path of a PDU through a msg_server, from the bytes that arrive to the bytes that leave: everything but the
// kernel, the other threads and the disk. What a server costs beyond this is system calls.
namespace talkbeat::bench {
namespace {

// Counts allocations and writes from its making to its report.
class Meter {
 public:
  explicit Meter(const BenchServer& server) : server_(server) {}
  /// For each of `items`.
  void report(benchmark::State& state, int64_t items) const {
    const auto count = static_cast<double>(items);
    state.counters["allocations"] = static_cast<double>(allocations() - allocations_) / count;
    state.counters["writes"] = static_cast<double>(server_.transport().writes() - writes_) / count;
    state.counters["bytes_out"] = static_cast<double>(server_.transport().bytes_written() - bytes_) / count;
    state.SetItemsProcessed(items);
  }

 private:
  const BenchServer& server_;
  uint64_t allocations_ = allocations();
  uint64_t writes_ = server_.transport().writes();
  uint64_t bytes_ = server_.transport().bytes_written();
};

SharedBytes p2p_command(UserId to, size_t size) {
  IM::SwitchService::IMP2PCmdMsg command;
  command.set_from_user_id(0);
  command.set_to_user_id(to);
  command.set_cmd_msg_data(std::string(size, 'x'));
  return client_pdu(command);
}

SharedBytes text_message(IM::BaseDefine::MsgType type, uint32_t to, size_t size) {
  IM::Message::IMMsgData data;
  data.set_from_user_id(0);
  data.set_to_session_id(to);
  data.set_msg_id(0);
  data.set_create_time(0);
  data.set_msg_type(type);
  data.set_msg_data(std::string(size, 'x'));
  return client_pdu(data);
}

SharedBytes repeated(const SharedBytes& pdu, size_t times) {
  SharedBytes all(pdu.size() * times);
  for (size_t i = 0; i < times; ++i) {
    std::ranges::copy(pdu.bytes(), all.bytes().subspan(i * pdu.size()).begin());
  }
  return all;
}

// Each iteration: one of a thousand clients beats, and is answered. Every client beats each 10 s of the server's time,
// so the keepalive rule works as in life.
void heartbeat(benchmark::State& state) {
  constexpr size_t kClients = 1'000;
  BenchServer server(kClients);
  const SharedBytes beat = client_pdu(IM::Other::IMHeartBeat());
  size_t next = 0;
  const auto beat_once = [&] {
    server.arrive(next, beat.bytes());
    next = (next + 1) % kClients;
    server.turn(10);
  };
  for (size_t i = 0; i < 2 * kClients; ++i) beat_once();  // what is made once, at the first heartbeat, is made now
  const Meter meter(server);
  for (auto _ : state) beat_once();
  meter.report(state, static_cast<int64_t>(state.iterations()));
}
BENCHMARK(heartbeat);

// Arguments: how many of the 100 pairs send in one turn, and how many commands each at once. Not stored.
void relay(benchmark::State& state) {
  const auto pairs = static_cast<size_t>(state.range(0));
  const auto window = static_cast<size_t>(state.range(1));
  BenchServer server(2 * pairs);
  std::vector<SharedBytes> bursts;
  for (size_t i = 0; i < 2 * pairs; ++i) bursts.push_back(repeated(p2p_command(server.user(i ^ 1), 64), window));
  size_t side = 0;
  const auto all_send = [&] {
    for (size_t i = 0; i < pairs; ++i) server.arrive(2 * i + side, bursts[2 * i + side].bytes());
    side = 1 - side;
    server.turn(1);
  };
  for (int i = 0; i < 10; ++i) all_send();
  const Meter meter(server);
  for (auto _ : state) all_send();
  meter.report(state, static_cast<int64_t>(state.iterations() * pairs * window));
}
BENCHMARK(relay)->Args({100, 16})->Args({100, 1})->Args({1, 1});

// One-to-one messages, stored (in memory), acked and delivered. Argument: how many pairs send one in the same turn, so
// share a commit.
void chat(benchmark::State& state) {
  const auto pairs = static_cast<size_t>(state.range(0));
  BenchServer server(2 * pairs);
  std::vector<SharedBytes> messages;
  for (size_t i = 0; i < pairs; ++i) {
    messages.push_back(text_message(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT, server.user(2 * i + 1), 100));
  }
  const auto all_send = [&] {
    for (size_t i = 0; i < pairs; ++i) server.arrive(2 * i, messages[i].bytes());
    server.turn(1);  // received, stored
    server.turn(1);  // acked, delivered
  };
  for (int i = 0; i < 10; ++i) all_send();
  const Meter meter(server);
  for (auto _ : state) all_send();
  meter.report(state, static_cast<int64_t>(state.iterations() * pairs));
}
BENCHMARK(chat)->Arg(1)->Arg(100)->Arg(1'000)->Iterations(200);

// One message to a group of so many who are all online: an item is a delivery.
void group_message(benchmark::State& state) {
  const auto members = static_cast<size_t>(state.range(0));
  BenchServer server(members);
  const SharedBytes message = text_message(IM::BaseDefine::MSG_TYPE_GROUP_TEXT, server.add_group_of_all(), 64);
  const auto send = [&] {
    server.arrive(0, message.bytes());
    server.turn(1);
    server.turn(1);
  };
  for (int i = 0; i < 10; ++i) send();
  const Meter meter(server);
  for (auto _ : state) send();
  meter.report(state, static_cast<int64_t>(state.iterations() * members));
}
BENCHMARK(group_message)->Arg(10)->Arg(100)->Arg(1'000);

}  // namespace
}  // namespace talkbeat::bench
