#include "msg_server/files/transfer_places.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(TransferPlaces, places_are_counted_in_all_and_of_each_user_and_come_back) {
  TransferPlaces places;
  FileSettings settings;
  settings.max_transfers = 3;
  settings.max_transfers_per_user = 2;
  auto first = places.take(1, settings);
  const auto second = places.take(1, settings);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(places.take(1, settings)) << "too many of one user";
  const auto third = places.take(2, settings);
  EXPECT_TRUE(third);
  EXPECT_FALSE(places.take(3, settings)) << "too many in all";
  { const TransferPlaces::Place moved = std::move(*first); }
  first.reset();
  EXPECT_EQ(places.taken(), 2u);
  EXPECT_TRUE(places.take(1, settings));
}

}  // namespace
}  // namespace talkbeat
