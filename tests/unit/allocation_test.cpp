#include "login_server/allocation.h"

#include <gtest/gtest.h>

namespace talkbeat::login {
namespace {

constexpr Tick kTtl = 10'000;

class AllocationTest : public testing::Test {
 protected:
  MsgServer& add(uint64_t id, uint32_t connections, uint32_t max_connections) {
    MsgServer server;
    server.id = ServerId{id};
    server.name = "msg_server_" + std::to_string(id);
    server.connections = connections;
    server.max_connections = max_connections;
    return registry_.add(std::move(server));
  }
  uint64_t handed_out(uint64_t id) { return registry_.find(ServerId{id})->handed_out.count(); }
  void burst(int clients, Tick now = 0) {
    for (int i = 0; i < clients; ++i) ASSERT_EQ(allocate(registry_, now, kTtl).result, AllocationResult::kAllocated);
  }
  void report(uint64_t id, uint32_t connections, uint32_t max_connections, bool draining = false) {
    registry_.take_load(ServerId{id}, {connections, max_connections, draining, 0});
  }

  ServerRegistry registry_;
};

TEST_F(AllocationTest, without_servers_there_is_none) {
  EXPECT_EQ(allocate(registry_, 0, kTtl).result, AllocationResult::kNoServer);
}

TEST_F(AllocationTest, the_least_loaded_is_chosen) {
  add(1, 50, 100);
  add(2, 40, 100);
  EXPECT_EQ(allocate(registry_, 0, kTtl).server->name, "msg_server_2");
}

TEST_F(AllocationTest, a_burst_between_two_reports_is_spread_evenly) {
  for (uint64_t id = 1; id <= 4; ++id) add(id, 0, 10'000);
  burst(1'000);
  for (uint64_t id = 1; id <= 4; ++id) EXPECT_NEAR(static_cast<double>(handed_out(id)), 250, 5) << id;
}

TEST_F(AllocationTest, a_burst_fills_servers_of_unequal_size_alike) {
  add(1, 0, 1'000);
  add(2, 0, 4'000);
  burst(1'000);
  EXPECT_NEAR(static_cast<double>(handed_out(1)), 200, 4);
  EXPECT_NEAR(static_cast<double>(handed_out(2)), 800, 4);
}

TEST_F(AllocationTest, clients_with_tls_are_sent_only_where_there_is_tls) {
  const auto with_tls = [this] { return allocate(registry_, 0, kTtl, {.tls = true}); };
  add(1, 0, 100);
  EXPECT_EQ(with_tls().result, AllocationResult::kNoServer) << "as if there were none";
  EXPECT_EQ(handed_out(1), 0u);
  add(2, 98, 100).tls_port = 8202;
  EXPECT_EQ(with_tls().server->name, "msg_server_2") << "however full";
  EXPECT_EQ(allocate(registry_, 0, kTtl).server->name, "msg_server_1") << "the others go where there is room";
  EXPECT_EQ(with_tls().result, AllocationResult::kAllocated);
  EXPECT_EQ(with_tls().result, AllocationResult::kAllFull);
  EXPECT_EQ(allocate(registry_, 0, kTtl, {.except = ServerId{1}}).result, AllocationResult::kAllFull);
}

TEST_F(AllocationTest, full_and_draining_ones_get_nobody) {
  add(1, 100, 100);
  add(2, 0, 100).draining = true;
  add(3, 0, 0);
  EXPECT_EQ(allocate(registry_, 0, kTtl).result, AllocationResult::kAllFull);
  add(4, 99, 100);
  EXPECT_EQ(allocate(registry_, 0, kTtl).server->name, "msg_server_4");
  EXPECT_EQ(allocate(registry_, 0, kTtl).result, AllocationResult::kAllFull) << "the handed-out one fills it";
}

TEST_F(AllocationTest, reports_show_arrivals_and_they_are_not_counted_twice) {
  add(1, 0, 1'000);
  add(2, 0, 1'000);
  burst(100);
  report(1, 30, 1'000);
  EXPECT_EQ(handed_out(1), 20u);
  EXPECT_EQ(registry_.find(ServerId{1})->expected_connections(), 50u);
  registry_.count_client(ServerId{1}, true);
  EXPECT_EQ(handed_out(1), 19u);
  EXPECT_EQ(registry_.find(ServerId{1})->expected_connections(), 50u);
}

TEST_F(AllocationTest, those_that_never_arrive_are_forgotten) {
  add(1, 10, 20);
  burst(10);
  EXPECT_EQ(allocate(registry_, kTtl, kTtl).result, AllocationResult::kAllFull);
  EXPECT_EQ(allocate(registry_, kTtl + 1, kTtl).result, AllocationResult::kAllocated);
}

TEST_F(AllocationTest, a_report_may_drain_a_server) {
  add(1, 0, 100);
  report(1, 0, 100, true);
  EXPECT_EQ(allocate(registry_, 0, kTtl).result, AllocationResult::kAllFull);
  report(1, 0, 100, false);
  EXPECT_EQ(allocate(registry_, 0, kTtl).result, AllocationResult::kAllocated);
}

TEST_F(AllocationTest, reports_of_one_that_has_gone_change_nothing) {
  add(1, 0, 100);
  registry_.remove(ServerId{1});
  report(1, 5, 100);
  registry_.count_client(ServerId{1}, true);
  EXPECT_EQ(registry_.size(), 0u);
}

TEST_F(AllocationTest, leaving_clients_never_count_below_zero) {
  add(1, 0, 100);
  registry_.count_client(ServerId{1}, false);
  EXPECT_EQ(registry_.find(ServerId{1})->connections, 0u);
}

}  // namespace
}  // namespace talkbeat::login
