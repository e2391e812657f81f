#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/connection_table.h"
#include "base/epoll_transport.h"
#include "base/listener.h"
#include "base/pdu_protocol.h"

namespace talkbeat::scenario {

/// What a LyingServer does to one command out of many.
enum class Lie : uint8_t { kNone, kLose, kDouble, kSwap };

/// Login_server and msg_server on one port: lets everybody in, and passes commands (IMP2PCmdMsg) on, but for every 50th
/// one: for tests of what is to notice that. Runs in a thread of its own from constructor to destructor.
///
///   LyingServer server(Lie::kLose);
///   run({"talkload", "relay", "--login", server.address()});
class LyingServer final : private PduProtocol {
 public:
  explicit LyingServer(Lie lie);
  ~LyingServer();

  std::string address() const { return address_.to_string(); }

 private:
  static constexpr uint64_t kLieEvery = 50;

  const char* role() const override { return "liar"; }
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> body) override;
  void on_close(Connection& connection, CloseReason reason) override;
  void on_heartbeat_due(Connection& /*connection*/) override {}

  void log_in(Connection& connection, const PduHeader& header, const IM::Login::IMLoginReq& request);
  void pass_on(const IM::SwitchService::IMP2PCmdMsg& command);
  void deliver(const IM::SwitchService::IMP2PCmdMsg& command);

  Lie lie_;
  SystemClock clock_;
  EpollTransport transport_;
  EventLoop loop_{clock_, transport_};
  ConnectionTable connections_{loop_, [](const Connection&, CloseReason) {}};
  Listener listener_;
  Address address_;
  std::unordered_map<uint32_t, ConnId> users_;
  std::vector<IM::SwitchService::IMP2PCmdMsg> held_;  // goes behind the next one for the same user
  uint64_t commands_ = 0;
  std::thread thread_;
};

}  // namespace talkbeat::scenario
