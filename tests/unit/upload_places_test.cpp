#include "login_server/upload_places.h"

#include <gtest/gtest.h>

namespace talkbeat::login {
namespace {

using Taken = UploadPlaces::Taken;

TEST(UploadPlaces, AreTakenAndGivenBack) {
  UploadPlaces places(2, 2);
  EXPECT_EQ(places.take("a"), Taken::kYes);
  EXPECT_EQ(places.take("b"), Taken::kYes);
  EXPECT_EQ(places.take("c"), Taken::kAllTaken);
  places.give_back("a");
  EXPECT_EQ(places.take("c"), Taken::kYes);
  EXPECT_EQ(places.taken(), 2U);
}

TEST(UploadPlaces, OneAddressHasAShare) {
  UploadPlaces places(10, 2);
  EXPECT_EQ(places.take("a"), Taken::kYes);
  EXPECT_EQ(places.take("a"), Taken::kYes);
  EXPECT_EQ(places.take("a"), Taken::kShareTaken);
  EXPECT_EQ(places.take("b"), Taken::kYes);
  places.give_back("a");
  EXPECT_EQ(places.take("a"), Taken::kYes);
}

TEST(UploadPlaces, OneThatIsKeptOutlivesItsFirstUser) {
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
