#include "base/resolve.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(Resolve, takes_numbers_as_they_are) {
  EXPECT_EQ(resolve("10.1.2.3:80").value(), (std::vector<Address>{{"10.1.2.3", 80}}));
  EXPECT_EQ(resolve("[::1]:80").value(), (std::vector<Address>{{"::1", 80}}));
}

TEST(Resolve, says_what_is_wrong) {
  for (const char* text : {"", "host", ":80", "10.1.2.3:http"}) {
    const auto addresses = resolve(text);
    EXPECT_FALSE(addresses.ok()) << text;
    EXPECT_NE(addresses.message().find('"'), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace talkbeat
