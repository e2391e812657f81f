#include "tools/talkctl/top_command.h"

#include <gmock/gmock.h>

namespace talkbeat {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ParseMetrics, takes_the_figures_without_labels) {
  EXPECT_THAT(parse_metrics("# HELP a A\n# TYPE a gauge\na 17\nb{reason=\"x\"} 3\nc 1.5e+03 1700000000\nd x\ne\n\nf 2"),
              ElementsAre(Pair("a", 17), Pair("c", 1'500), Pair("f", 2)));
  EXPECT_THAT(parse_metrics(""), IsEmpty());
}

ServerSample at(Tick time, double messages) {
  ServerSample sample;
  sample.at = time;
  sample.figures = {{"messages", messages}};
  return sample;
}

TEST(Rate, is_what_was_added_in_a_second) {
  EXPECT_EQ(rate(at(1'000, 100), at(3'000, 150), "messages"), 25);
  EXPECT_EQ(rate(at(1'000, 100), at(1'500, 100), "messages"), 0);
}

TEST(Rate, is_unknown_where_one_end_is_missing_or_the_count_began_anew) {
  EXPECT_EQ(rate({}, at(1'000, 100), "messages"), std::nullopt);
  EXPECT_EQ(rate(at(1'000, 100), {}, "messages"), std::nullopt);
  EXPECT_EQ(rate(at(1'000, 100), at(2'000, 5), "messages"), std::nullopt);
  EXPECT_EQ(rate(at(1'000, 100), at(1'000, 100), "messages"), std::nullopt);
  EXPECT_EQ(rate(at(1'000, 1), at(2'000, 2), "words"), std::nullopt);
}

}  // namespace
}  // namespace talkbeat
