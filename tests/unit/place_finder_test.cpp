#include "msg_server/bus/place_finder.h"

#include "base/pdu_protocol.h"
#include "tests/unit/loop_fixture.h"

namespace talkbeat {
namespace {

class PlaceFinderTest : public LoopTest {
 protected:
  PlaceFinder::Callback note() {
    return [this](const std::optional<TbPlacesRsp>& places) { answers.push_back(places ? places->places_size() : -1); };
  }
  static TbPlacesRsp two_places() {
    TbPlacesRsp answer;
    for (uint32_t port : {1, 2}) {
      TbPlace& place = *answer.add_places();
      place.set_ip("");
      place.set_port(port);
      place.set_clients(1);
    }
    return answer;
  }

  RecordingProtocol protocol;
  ConnectionTable connections{loop, [](const Connection&, CloseReason) {}};
  Pair pair = connect_pair();
  Pair other_pair = connect_pair();
  Connection& link = connections.adopt(pair.ours, {}, protocol);
  Connection& other = connections.adopt(other_pair.ours, {}, protocol);
  PlaceFinder finder{loop.timers()};
  std::vector<int> answers;  // how many places; -1: nothing
};

TEST_F(PlaceFinderTest, an_answer_is_given_back_once) {
  finder.ask(link, 2, note());
  turn();
  const SharedBytes question = encode_pdu(
      [] {
        TbPlacesReq request;
        request.set_clients(2);
        return request;
      }(),
      1);
  EXPECT_EQ(pair.peer.receive(), text_of(question.bytes()));
  finder.take(link, 1, two_places());
  finder.take(link, 1, two_places());
  run_for(2 * PlaceFinder::kTimeoutMs);
  EXPECT_EQ(answers, std::vector<int>{2});
}

TEST_F(PlaceFinderTest, what_answers_something_else_does_not_count) {
  finder.ask(link, 2, note());
  finder.take(link, 7, two_places());
  finder.take(other, 1, two_places());
  EXPECT_TRUE(answers.empty());
  finder.take(link, 1, TbPlacesRsp());
  EXPECT_EQ(answers, std::vector<int>{0});
}

TEST_F(PlaceFinderTest, no_answer_within_a_second_is_an_answer_and_a_late_one_is_none) {
  finder.ask(link, 2, note());
  run_for(PlaceFinder::kTimeoutMs - 10);
  EXPECT_TRUE(answers.empty());
  run_for(20);
  EXPECT_EQ(answers, std::vector<int>{-1});
  finder.ask(link, 2, note());
  finder.take(link, 1, two_places());
  EXPECT_EQ(answers.size(), 1u);
  finder.take(link, 2, two_places());
  EXPECT_EQ(answers, (std::vector<int>{-1, 2}));
}

TEST_F(PlaceFinderTest, a_lost_link_answers_nothing) {
  finder.ask(link, 2, note());
  finder.link_lost(other.id());
  EXPECT_TRUE(answers.empty());
  finder.link_lost(link.id());
  finder.link_lost(link.id());
  EXPECT_EQ(answers, std::vector<int>{-1});
}

TEST_F(PlaceFinderTest, the_next_question_may_be_asked_inside_of_an_answer) {
  finder.ask(link, 2, [this](const std::optional<TbPlacesRsp>&) { finder.ask(link, 3, note()); });
  finder.take(link, 1, two_places());
  finder.take(link, 2, two_places());
  EXPECT_EQ(answers, std::vector<int>{2});
}

}  // namespace
}  // namespace talkbeat
