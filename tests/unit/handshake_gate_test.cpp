#include "base/handshake_gate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace talkbeat {
namespace {

using Entry = HandshakeGate::Entry;

ConnId id(uint64_t number) {
  return ConnId{number};
}

// Each from another address.
std::string address_of(uint64_t number) {
  return "10.0.0." + std::to_string(number);
}

std::vector<uint64_t> called(HandshakeGate& gate, Tick now, uint64_t gone = 0) {
  std::vector<uint64_t> ids;
  const auto lives = [gone](ConnId one) { return one != id(gone); };
  while (const auto one = gate.next(now, lives)) ids.push_back(static_cast<uint64_t>(*one));
  return ids;
}

TEST(HandshakeGate, so_many_begin_in_a_turn_and_the_rest_in_order_in_the_next_ones) {
  HandshakeGate gate(0);
  gate.set_limits({.per_turn = 2, .rate = 1'000, .waiting = 10});
  for (uint64_t i = 1; i <= 6; ++i)
    EXPECT_EQ(gate.enter(id(i), address_of(i), 0), i <= 2 ? Entry::kGo : Entry::kWait) << i;
  EXPECT_TRUE(called(gate, 0).empty()) << "this turn is used up";
  gate.new_turn();
  EXPECT_EQ(gate.enter(id(7), address_of(7), 0), Entry::kWait) << "nobody passes those that wait";
  EXPECT_EQ(called(gate, 0), (std::vector<uint64_t>{3, 4}));
  gate.new_turn();
  EXPECT_EQ(called(gate, 0), (std::vector<uint64_t>{5, 6}));
  gate.new_turn();
  EXPECT_EQ(called(gate, 0), (std::vector<uint64_t>{7}));
  EXPECT_EQ(gate.begun(), 7u);
  EXPECT_EQ(gate.enter(id(8), address_of(8), 0), Entry::kGo);
}

TEST(HandshakeGate, the_rate_holds_over_many_turns) {
  HandshakeGate gate(0);
  gate.set_limits({.per_turn = 100, .rate = 10, .waiting = 1'000});
  int gone = 0;
  for (uint64_t i = 1; i <= 100; ++i) gone += gate.enter(id(i), address_of(i), 0) == Entry::kGo ? 1 : 0;
  EXPECT_EQ(gone, 10) << "a second's worth at once";
  EXPECT_GT(gate.wait_ms(), 0);
  EXPECT_LE(gate.wait_ms(), 100);
  size_t later = 0;
  for (Tick now = 1; now <= 2'000; ++now) {
    gate.new_turn();
    later += called(gate, now).size();
  }
  EXPECT_EQ(later, 20u);
  EXPECT_EQ(gate.waiting(), 70u);
}

TEST(HandshakeGate, the_line_has_an_end) {
  HandshakeGate gate(0);
  gate.set_limits({.per_turn = 1, .rate = 1'000, .waiting = 2});
  EXPECT_EQ(gate.enter(id(1), address_of(1), 0), Entry::kGo);
  EXPECT_EQ(gate.enter(id(2), address_of(2), 0), Entry::kWait);
  EXPECT_EQ(gate.enter(id(3), address_of(3), 0), Entry::kWait);
  EXPECT_EQ(gate.enter(id(4), address_of(4), 0), Entry::kFull);
}

TEST(HandshakeGate, one_address_has_a_tenth_of_the_line_and_gets_its_places_back) {
  HandshakeGate gate(0);
  gate.set_limits({.per_turn = 1, .rate = 1'000, .waiting = 200});
  EXPECT_EQ(gate.enter(id(1), "10.0.0.1", 0), Entry::kGo);
  for (uint64_t i = 2; i <= 21; ++i) EXPECT_EQ(gate.enter(id(i), "2001:db8::" + std::to_string(i), 0), Entry::kWait);
  EXPECT_EQ(gate.enter(id(22), "2001:db8::22", 0), Entry::kFull) << "the same network";
  EXPECT_EQ(gate.enter(id(23), "10.0.0.1", 0), Entry::kWait);
  gate.new_turn();
  EXPECT_EQ(called(gate, 0), (std::vector<uint64_t>{2}));
  EXPECT_EQ(gate.enter(id(24), "2001:db8::22", 0), Entry::kWait);
  EXPECT_EQ(gate.enter(id(25), "2001:db8::22", 0), Entry::kFull);
}

TEST(HandshakeGate, one_that_has_gone_costs_the_others_nothing) {
  HandshakeGate gate(0);
  gate.set_limits({.per_turn = 1, .rate = 1'000, .waiting = 10});
  for (uint64_t i = 1; i <= 3; ++i) (void)gate.enter(id(i), address_of(i), 0);
  gate.new_turn();
  EXPECT_EQ(called(gate, 0, 2), (std::vector<uint64_t>{3}));
  EXPECT_EQ(gate.begun(), 2u);
}

}  // namespace
}  // namespace talkbeat
