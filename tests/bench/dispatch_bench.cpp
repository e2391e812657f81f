#include <benchmark/benchmark.h>

#include <array>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/buffer.h"
#include "base/pdu_protocol.h"
#include "msg_server/client_routes.h"
#include "proto/message.pb.h"

// From a header to its handler, and from a message to the bytes of its receivers.
namespace talkbeat::bench {
namespace {

using namespace IM::BaseDefine;

// What clients send, about as often as in life.
std::array<PduHeader, 16> usual_traffic() {
  std::array<PduHeader, 16> headers{};
  constexpr std::array<uint16_t, 16> kCommands{
      CID_OTHER_HEARTBEAT,    CID_MSG_DATA,         CID_MSG_DATA_ACK,
      CID_MSG_READ_ACK,       CID_OTHER_HEARTBEAT,  CID_MSG_DATA,
      CID_MSG_DATA_ACK,       CID_SWITCH_P2P_CMD,   CID_OTHER_HEARTBEAT,
      CID_MSG_DATA,           CID_MSG_LIST_REQUEST, CID_BUDDY_LIST_USERS_STATUS_REQUEST,
      CID_OTHER_HEARTBEAT,    CID_MSG_DATA_ACK,     CID_GROUP_NORMAL_LIST_REQUEST,
      CID_LOGIN_REQ_USERLOGIN};
  for (size_t i = 0; i < headers.size(); ++i) {
    headers[i].command_id = kCommands[i];
    headers[i].service_id = service_of(kCommands[i]);
  }
  return headers;
}

void find_in_table(benchmark::State& state) {
  const auto headers = usual_traffic();
  size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(find_route(kClientRoutes, headers[next++ % headers.size()]));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_in_table);

// The classic way: a map of functions that handlers register with at the start.
void find_in_map_of_functions(benchmark::State& state) {
  const auto headers = usual_traffic();
  std::unordered_map<uint16_t, std::function<void()>> handlers;
  for (const auto& row : kClientRoutes) handlers[row.command] = [] {};
  size_t next = 0;
  for (auto _ : state) {
    const auto found = handlers.find(headers[next++ % headers.size()].command_id);
    benchmark::DoNotOptimize(found != handlers.end() ? &found->second : nullptr);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_in_map_of_functions);

IM::Message::IMMsgData text_of_size(size_t size) {
  IM::Message::IMMsgData message;
  message.set_from_user_id(12'345);
  message.set_to_session_id(67'890);
  message.set_msg_id(1'000);
  message.set_create_time(1'700'000'000);
  message.set_msg_type(MSG_TYPE_GROUP_TEXT);
  message.set_msg_data(std::string(size, 'x'));
  return message;
}

using Receivers = std::vector<std::vector<std::byte>>;

void give(std::vector<std::byte>& receiver, std::span<const std::byte> pdu) {
  receiver.assign(pdu.begin(), pdu.end());
}

// Argument: bytes of text, for the thousand members of a group. An item is a receiver, who gets a copy.
void encode_once(benchmark::State& state) {
  const auto message = text_of_size(static_cast<size_t>(state.range(0)));
  Receivers receivers(1'000);
  for (auto _ : state) {
    const SharedBytes pdu = encode_pdu(message);
    for (auto& receiver : receivers) give(receiver, pdu.bytes());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(receivers.size()));
}
BENCHMARK(encode_once)->Arg(64)->Arg(4'000)->Unit(benchmark::kMicrosecond);

void encode_for_each_receiver(benchmark::State& state) {
  const auto message = text_of_size(static_cast<size_t>(state.range(0)));
  Receivers receivers(1'000);
  for (auto _ : state) {
    for (auto& receiver : receivers) {
      const SharedBytes pdu = encode_pdu(message);
      give(receiver, pdu.bytes());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(receivers.size()));
}
BENCHMARK(encode_for_each_receiver)->Arg(64)->Arg(4'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace talkbeat::bench
