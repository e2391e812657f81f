#include "login_server/upload_places.h"

#include <gtest/gtest.h>

namespace talkbeat::login {
namespace {

using Taken = UploadPlaces::Taken;

TEST(UploadPlaces, are_taken_and_given_back) {
  UploadPlaces places(2, 2);
  EXPECT_EQ(places.take("a"), Taken::kYes);
  EXPECT_EQ(places.take("b"), Taken::kYes);
  EXPECT_EQ(places.take("c"), Taken::kAllTaken);
  places.give_back("a");
  EXPECT_EQ(places.take("c"), Taken::kYes);
  EXPECT_EQ(places.taken(), 2U);
}

TEST(UploadPlaces, one_address_has_a_share) {
  UploadPlaces places(10, 2);
  EXPECT_EQ(places.take("a"), Taken::kYes);
  EXPECT_EQ(places.take("a"), Taken::kYes);
  EXPECT_EQ(places.take("a"), Taken::kShareTaken);
  EXPECT_EQ(places.take("b"), Taken::kYes);
  places.give_back("a");
  EXPECT_EQ(places.take("a"), Taken::kYes);
}

TEST(UploadPlaces, one_that_is_kept_outlives_its_first_user) {
  UploadPlaces places(1, 1);
  EXPECT_EQ(places.take("a"), Taken::kYes);
  places.keep("a");
  places.give_back("a");
  EXPECT_EQ(places.take("b"), Taken::kAllTaken);
  places.give_back("a");
  EXPECT_EQ(places.take("b"), Taken::kYes);
}

}  // namespace
}  // namespace talkbeat::login
