#include "msg_server/files/transfer_places.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

using Use = TransferPlaces::Use;

TEST(TransferPlaces, places_are_counted_in_all_and_of_each_user_and_come_back) {
  TransferPlaces places;
  FileSettings settings;
  settings.max_transfers = 3;
  settings.max_transfers_per_user = 2;
  auto first = places.take(1, Use::kSent, settings);
  const auto second = places.take(1, Use::kSent, settings);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(places.take(1, Use::kSent, settings)) << "too many of one user";
  const auto third = places.take(2, Use::kSent, settings);
  EXPECT_TRUE(third);
  EXPECT_FALSE(places.take(3, Use::kSent, settings)) << "too many in all";
  { const TransferPlaces::Place moved = std::move(*first); }
  first.reset();
  EXPECT_EQ(places.taken(), 2u);
  EXPECT_TRUE(places.take(1, Use::kSent, settings));
}

TEST(TransferPlaces, what_is_fetched_of_a_users_files_does_not_keep_the_user_from_sending) {
  TransferPlaces places;
  FileSettings settings;
  settings.max_transfers_per_user = 1;
  const auto fetched = places.take(1, Use::kFetched, settings);
  EXPECT_TRUE(fetched);
  EXPECT_FALSE(places.take(1, Use::kFetched, settings));
  EXPECT_TRUE(places.take(1, Use::kSent, settings));
  EXPECT_EQ(places.taken(), 1u);
}

}  // namespace
}  // namespace talkbeat
