#include "base/url_decoding.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

using Query = std::map<std::string, std::string>;

TEST(UrlDecoding, escapes_become_bytes) {
  EXPECT_EQ(url_decode("/a%20b%2Fc%2f"), "/a b/c/");
  EXPECT_EQ(url_decode("%e4%BD%a0"), "\xe4\xbd\xa0");
  EXPECT_EQ(url_decode("a+b"), "a+b");
  EXPECT_EQ(url_decode("a+b", true), "a b");
  EXPECT_EQ(url_decode(""), "");
}

TEST(UrlDecoding, broken_escapes_and_the_zero_byte_are_refused) {
  for (const char* text : {"%", "a%2", "%zz", "%-1", "%+1", "% 1", "%00"}) EXPECT_EQ(url_decode(text), std::nullopt);
}

TEST(UrlDecoding, a_query_is_names_and_values) {
  EXPECT_EQ(parse_query("a=1&b=x%26y+z&c&=d"), (Query{{"a", "1"}, {"b", "x&y z"}, {"c", ""}, {"", "d"}}));
  EXPECT_EQ(parse_query("a=1&&a=2&"), (Query{{"a", "2"}}));
  EXPECT_EQ(parse_query("a=b=c"), (Query{{"a", "b=c"}}));
  EXPECT_EQ(parse_query(""), Query{});
  EXPECT_EQ(parse_query("a=%"), std::nullopt);
}

TEST(UrlDecoding, a_query_has_so_many_pairs_and_no_more) {
  const auto pairs = [](size_t count, bool distinct) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += (distinct ? std::to_string(i) : "a") + "&&";
    return text;
  };
  ASSERT_TRUE(parse_query(pairs(kMaxQueryPairs, true)).has_value());
  EXPECT_EQ(parse_query(pairs(kMaxQueryPairs, true))->size(), kMaxQueryPairs);
  EXPECT_EQ(parse_query(pairs(kMaxQueryPairs, false)), (Query{{"a", ""}}));
  EXPECT_EQ(parse_query(pairs(kMaxQueryPairs + 1, true)), std::nullopt);
  EXPECT_EQ(parse_query(pairs(kMaxQueryPairs + 1, false)), std::nullopt);
  EXPECT_EQ(parse_query(pairs(2'000, true)), std::nullopt);
}

}  // namespace
}  // namespace talkbeat
