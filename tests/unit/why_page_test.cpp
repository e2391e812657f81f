#include "base/why_page.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

struct Named final : Attachment {
  explicit Named(std::string given) : name(std::move(given)) {}
  std::string subject() const override { return name; }
  std::string name;
};

class WhyPageTest : public LoopTest {
 protected:
  Connection& open(Pair& pair, const Address& peer, const std::string& name) {
    Connection& connection = table.adopt(pair.ours, peer, protocol);
    connection.set_attachment(std::make_unique<Named>(name));
    rule.join(connection, loop.now());
    return connection;
  }
  Json ask(std::map<std::string, std::string> query) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/api/why";
    request.query = std::move(query);
    const HttpResponse answer = why_page(request, table, closed);
    EXPECT_EQ(answer.status, 200);
    return Json::parse(answer.body);
  }
  static std::vector<std::string> of(const Json& list, const char* key) {
    std::vector<std::string> values;
    for (const Json& entry : list) values.push_back(entry[key]);
    return values;
  }

  RecordingProtocol protocol;
  ClosedConnections closed{30};
  ConnectionTable table{loop,
                        [this](const Connection& connection, CloseReason reason) { closed.add(connection, reason); }};
  Liveness rule{{.silence_timeout_ms = 60'000, .probe_after_ms = 30'000, .probe_timeout_ms = 20'000}};
};

TEST_F(WhyPageTest, tells_what_is_open_and_what_has_ended_of_one_user) {
  table.watch_liveness(rule);
  Pair first = connect_pair();
  Pair second = connect_pair();
  Pair other = connect_pair();
  open(first, {"10.0.0.1", 1'001}, "alice");
  open(other, {"10.0.0.2", 1'002}, "bob").close(CloseReason::kKicked);
  run_for(50'000);
  Connection& now_open = open(second, {"10.0.0.1", 1'003}, "alice");
  run_for(1'000);

  const Json report = ask({{"who", "alice"}});
  ASSERT_EQ(report["open"].size(), 1u);
  EXPECT_EQ(report["open"][0]["conn"], log_number(now_open.id()));
  EXPECT_EQ(report["open"][0]["silent_ms"], 1'000);
  EXPECT_EQ(report["open"][0]["opened_at"], clock.unix_milliseconds() - 1'000);
  ASSERT_EQ(report["closed"].size(), 1u);
  const Json& gone = report["closed"][0];
  EXPECT_EQ(gone["reason"], "probe_unanswered");
  EXPECT_EQ(gone["peer"], "10.0.0.1:1001");
  EXPECT_EQ(gone["silent_ms"], 50'000);
  EXPECT_EQ(gone["closed_at"].get<int64_t>() - gone["opened_at"].get<int64_t>(), 50'000);
  ASSERT_EQ(gone["history"].size(), 1u);
  EXPECT_EQ(gone["history"][0]["event"], "probe");
  EXPECT_EQ(gone["history"][0]["value_ms"], 30'000);
}

TEST_F(WhyPageTest, finds_by_address_with_or_without_the_port) {
  Pair one = connect_pair();
  Pair two = connect_pair();
  open(one, {"10.0.0.1", 1'001}, "alice");
  open(two, {"10.0.0.1", 1'002}, "bob");
  EXPECT_THAT(of(ask({{"address", "10.0.0.1"}})["open"], "who"), ElementsAre("alice", "bob"));
  EXPECT_THAT(of(ask({{"address", "10.0.0.1:1002"}})["open"], "who"), ElementsAre("bob"));
  EXPECT_THAT(of(ask({{"address", "10.0.0.1"}, {"limit", "1"}})["open"], "who"), ElementsAre("alice"));
  EXPECT_THAT(of(ask({{"address", "10.0.0.9"}})["open"], "who"), IsEmpty());
}

TEST_F(WhyPageTest, keeps_the_newest_and_strangers_do_not_push_out_those_who_are_known) {
  const auto open_and_close = [&](const std::string& name, CloseReason reason) {
    Pair pair = connect_pair();
    open(pair, {"10.0.0.1", 1}, name).close(reason);
    turn();
  };
  for (int i = 0; i < 40; ++i) open_and_close("user" + std::to_string(i), CloseReason::kLoggedOut);
  for (int i = 0; i < 40; ++i) open_and_close("", CloseReason::kHandshakeTimeout);
  open_and_close("scraper", CloseReason::kAnswered);
  open_and_close("last", CloseReason::kKicked);
  const auto names = of(ask({{"limit", "100"}})["closed"], "who");
  EXPECT_THAT(std::vector(names.begin(), names.begin() + 6), ElementsAre("last", "", "", "", "user39", "user38"));
  EXPECT_EQ(names.size(), 33u);
  EXPECT_EQ(names.back(), "user11");
  EXPECT_EQ(ask({})["closed"].size(), 20u);
}

TEST_F(WhyPageTest, a_name_of_any_bytes_makes_no_broken_json) {
  Pair one = connect_pair();
  open(one, {"10.0.0.1", 1}, "\xff\"\n");
  EXPECT_EQ(ask({})["open"].size(), 1u);
}

}  // namespace
}  // namespace talkbeat
