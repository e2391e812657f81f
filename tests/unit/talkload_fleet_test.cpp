#include "tools/talkload/fleet.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/listener.h"
#include "base/pdu_protocol.h"
#include "tests/unit/loop_fixture.h"

namespace talkbeat::load {
namespace {

/// A msg_server that lets everybody in, and hears heartbeats.
class OpenDoor final : private PduProtocol {
 public:
  explicit OpenDoor(EventLoop& loop)
      : connections_(loop, [](const Connection&, CloseReason) {}),
        listener_(loop, {}, [this](SocketHandle socket, const Address& peer) {
          connections_.adopt(socket, peer, *this).set_attachment(std::make_unique<PduPeer>());
        }) {
    started_ = listener_.start({"127.0.0.1", 0}).ok();
  }

  bool started() const { return started_; }
  Address address() const { return listener_.address(); }

  int logins = 0;
  int heartbeats = 0;

 private:
  const char* role() const override { return "test"; }
  void on_close(Connection& /*connection*/, CloseReason /*reason*/) override {}
  void on_heartbeat_due(Connection& /*connection*/) override {}
  Verdict on_pdu(Connection& connection, const PduHeader& header, std::span<const std::byte> /*body*/) override {
    if (header.command_id == IM::BaseDefine::CID_OTHER_HEARTBEAT) {
      ++heartbeats;
      return Verdict::handled();
    }
    ++logins;
    IM::Login::IMLoginRes answer;
    answer.set_server_time(0);
    answer.set_result_code(IM::BaseDefine::REFUSE_REASON_NONE);
    send_pdu(connection, answer, header.seq_num);
    return Verdict::handled();
  }

  ConnectionTable connections_;
  Listener listener_;
  bool started_ = false;
};

/// Client 0 stays; each other one leaves as soon as it is in, and comes again.
class Storm final : public FleetListener {
 public:
  void on_online(uint32_t client, uint64_t /*took_ns*/, bool /*again*/) override {
    if (client == 0) return;
    fleet->drop(client);
    fleet->start(client);
  }
  void on_pdu(uint32_t, const PduHeader&, std::span<const std::byte>, uint64_t) override {}
  void on_offline(uint32_t /*client*/) override {}

  Fleet* fleet = nullptr;
};

class FleetTest : public LoopTest {};

TEST_F(FleetTest, who_is_online_beats_while_others_log_in_without_end) {
  OpenDoor server(loop);
  ASSERT_TRUE(server.started());
  const ClusterAccess access{{}, {server.address()}, UserBook("user-", "secret")};
  Counters counters;
  Storm storm;
  FleetOptions options;
  options.heartbeat_ms = 1'000;
  Fleet fleet(loop, access, std::vector<ClientPlan>(9), options, counters, storm);
  storm.fleet = &fleet;
  fleet.start_all();
  const auto is_over = [&] { return server.heartbeats >= 3; };
  // A login ends in nearly each turn, and a turn takes a millisecond.
  for (Tick passed = 0; passed < 10'000 && !is_over(); ++passed) {
    turn();
    clock.advance(1);
  }
  EXPECT_GE(server.heartbeats, 3);
  EXPECT_GT(server.logins, 100) << "else there was no storm";
  fleet.close_all();
}

}  // namespace
}  // namespace talkbeat::load
