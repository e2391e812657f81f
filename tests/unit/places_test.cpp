// What login_server answers to a msg_server that is being drained.
#include <gmock/gmock.h>

#include "tests/unit/login_server_fixture.h"

namespace talkbeat::login_server_test {
namespace {

using testing::HasSubstr;

class PlacesTest : public LoginServerTest {
 protected:
  static IMMsgServInfo draining(IMMsgServInfo result) {
    result.set_draining(true);
    return result;
  }
  // By port, how many clients go there.
  std::map<uint32_t, uint32_t> ask_places(Peer& asker, uint32_t clients) {
    TbPlacesReq request;
    request.set_clients(clients);
    asker.send(request, 77);
    PduHeader header;
    const auto received = wait_for<TbPlacesRsp>(asker, &header);
    EXPECT_TRUE(received);
    const TbPlacesRsp answer = received.value_or(TbPlacesRsp());
    EXPECT_EQ(header.seq_num, 77);
    std::map<uint32_t, uint32_t> places;
    last_ips_.clear();
    for (const TbPlace& place : answer.places()) {
      places[place.port()] += place.clients();
      last_ips_[place.port()] = place.ip();
    }
    return places;
  }

  std::map<uint32_t, std::string> last_ips_;
};

using Places = std::map<uint32_t, uint32_t>;

TEST_F(PlacesTest, clients_are_spread_by_free_capacity_and_never_to_the_one_that_asks) {
  const auto leaving = register_server("msg_server_0", draining(info(8200, 1'000, 50)));
  const auto half_full = register_server("msg_server_1", info(8210, 100, 50));
  const auto empty = register_server("msg_server_2", info(8220, 100, 0));
  EXPECT_EQ(ask_places(*leaving, 50), (Places{{8220, 50}}));
  EXPECT_EQ(ask_places(*leaving, 20), (Places{{8210, 10}, {8220, 10}}));
}

TEST_F(PlacesTest, the_one_that_asks_is_left_out_though_it_does_not_say_that_it_drains) {
  const auto leaving = register_server("msg_server_0", info(8200, 1'000));
  EXPECT_EQ(ask_places(*leaving, 5), Places());
  const auto other = register_server("msg_server_1", info(8210, 10));
  EXPECT_EQ(ask_places(*leaving, 5), (Places{{8210, 5}}));
}

TEST_F(PlacesTest, there_are_only_as_many_as_fit) {
  const auto leaving = register_server("msg_server_0", draining(info(8200)));
  const auto other = register_server("msg_server_1", info(8210, 10, 7));
  const auto drained_too = register_server("msg_server_2", draining(info(8220)));
  EXPECT_EQ(ask_places(*leaving, 50), (Places{{8210, 3}}));
  EXPECT_EQ(ask_places(*leaving, 50), Places());
  EXPECT_EQ(ask_places(*leaving, 0), Places());
  EXPECT_THAT(get("/metrics"), HasSubstr("talkbeat_places_total{result=\"allocated\"} 3"));
  EXPECT_THAT(get("/metrics"), HasSubstr("talkbeat_places_total{result=\"all_full\"} 97"));
}

TEST_F(PlacesTest, what_was_given_away_counts_for_newcomers_and_for_other_draining_servers) {
  const auto leaving = register_server("msg_server_0", draining(info(8200)));
  const auto leaving_too = register_server("msg_server_1", draining(info(8210)));
  const auto first = register_server("msg_server_2", info(8220, 100));
  const auto second = register_server("msg_server_3", info(8230, 100));
  EXPECT_EQ(ask_places(*leaving, 10), (Places{{8220, 5}, {8230, 5}}));
  EXPECT_EQ(ask_places(*leaving_too, 10), (Places{{8220, 5}, {8230, 5}}));
  EXPECT_EQ(get_json("/api/cluster")["servers"][2]["handed_out"], 10);
  EXPECT_EQ(ask()->result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  EXPECT_EQ(get_json("/api/cluster")["servers"][2]["handed_out"], 11);
}

TEST_F(PlacesTest, an_answer_has_a_largest_size) {
  const auto leaving = register_server("msg_server_0", draining(info(8200)));
  const auto other = register_server("msg_server_1", info(8210, 1'000'000));
  EXPECT_EQ(ask_places(*leaving, 4'000'000'000), (Places{{8210, Discovery::kMaxPlaces}}));
}

// On one machine nobody knows by which address clients come: the one that asks sees it.
TEST_F(PlacesTest, the_ip_is_what_the_server_says_of_itself_or_empty) {
  const auto leaving = register_server("msg_server_0", draining(info(8200)));
  IMMsgServInfo nameless = info(8210);
  nameless.set_ip1("");
  const auto first = register_server("msg_server_1", nameless);
  const auto second = register_server("msg_server_2", info(8220));
  EXPECT_EQ(ask_places(*leaving, 2), (Places{{8210, 1}, {8220, 1}}));
  EXPECT_EQ(last_ips_, (std::map<uint32_t, std::string>{{8210, ""}, {8220, "192.0.2.1"}}));
}

TEST_F(PlacesTest, a_link_that_is_not_registered_is_refused) {
  const auto other = register_server("msg_server_1", info(8210));
  const auto proven = prove("msg_server_0");
  TbPlacesReq request;
  request.set_clients(1);
  proven->send(request);
  const auto error = wait_for<TbError>(*proven);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ERROR_NOT_ALLOWED);
  Peer stranger(server_->cluster_address());
  stranger.send(request);
  EXPECT_TRUE(wait_closed(stranger));
  EXPECT_EQ(stranger.count<TbPlacesRsp>(), 0u);
}

}  // namespace
}  // namespace talkbeat::login_server_test
