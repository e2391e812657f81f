// What a connection has to send while a part of a session ticket is all that it has read of it.
#include <gtest/gtest.h>

#include "tests/unit/tls_connection_fixture.h"

namespace talkbeat {
namespace {

// A client of ours, and the first record of a ticket that takes several.
class HalfTicketTest : public TlsConnectionTest {
 protected:
  void SetUp() override {
    server_ = table.adopt(pair_.ours, {"127.0.0.1", 1}, protocol, trusting_.connect("localhost")).id();
    ASSERT_TRUE(turn_until([this] {
      exchange();
      return other_.open() && server().tls()->stage() == TlsChannel::Stage::kOpen;
    }));
    other_.say("here it comes");
    std::string bytes = other_.said();
    auto [first, others] = other_.ticket();
    others_ = others;
    pair_.peer.send(bytes + first);
    ASSERT_TRUE(turn_until([this] { return protocol.received == "here it comes"; }));
    server().send(bytes_of("hello"));
  }
  void exchange() {
    other_.take(pair_.peer.receive());
    pair_.peer.send(other_.said());
  }

  TlsContext trusting_ = std::move(TlsContext::client({.ca = files_->certificate()}).value());
  TlsTicketServer other_{*files_};
  Pair pair_ = connect_pair();
  std::string others_;
};

TEST_F(HalfTicketTest, what_is_sent_waits_until_the_rest_is_there_and_costs_no_turns) {
  const int waits = transport.waits;
  run_for(100);
  EXPECT_LT(transport.waits - waits, 10);
  EXPECT_EQ(pair_.peer.receive(), "");
  EXPECT_EQ(server().waiting_to_send(), 5u);
  pair_.peer.send(others_);
  EXPECT_TRUE(turn_until([this] {
    exchange();
    return other_.received == "hello";
  }));
  EXPECT_EQ(server().waiting_to_send(), 0u);
}

TEST_F(HalfTicketTest, one_that_is_closed_meanwhile_ends_at_once) {
  server().close(CloseReason::kKicked);
  EXPECT_TRUE(turn_until([this] {
    exchange();
    return pair_.peer.ended();
  }));
  pair_.peer.close();
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(observed, Reasons{"kicked"});
}

}  // namespace
}  // namespace talkbeat
