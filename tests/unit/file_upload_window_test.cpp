#include "msg_server/files/file_upload_window.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

constexpr PullLimits kWindow{.pulls = 2, .chunk = 100};

TEST(UploadWindow, a_file_is_asked_for_piece_by_piece_until_it_is_written) {
  UploadWindow window(250, 0, kWindow);
  std::string pieces;
  while (!window.complete()) {
    const auto pull = window.next_pull();
    ASSERT_TRUE(pull);
    pieces += std::to_string(pull->offset) + "+" + std::to_string(pull->size) + " ";
    ASSERT_TRUE(window.take(pull->offset, pull->size));
    window.wrote(pull->size);
  }
  EXPECT_EQ(pieces, "0+100 100+100 200+50 ");
  EXPECT_FALSE(window.next_pull());
}

TEST(UploadWindow, no_more_is_asked_for_than_may_be_held_until_it_is_written) {
  UploadWindow window(1'000, 0, kWindow);
  EXPECT_TRUE(window.next_pull());
  EXPECT_TRUE(window.next_pull());
  EXPECT_FALSE(window.next_pull());
  EXPECT_TRUE(window.take(0, 100));
  EXPECT_FALSE(window.next_pull()) << "it is not written yet";
  window.wrote(100);
  EXPECT_EQ(window.next_pull()->offset, 200u);
  EXPECT_FALSE(window.next_pull());
}

TEST(UploadWindow, it_goes_on_where_the_disk_ends) {
  UploadWindow window(250, 130, kWindow);
  EXPECT_EQ(window.written(), 130u);
  EXPECT_EQ(window.next_pull()->offset, 130u);
  EXPECT_EQ(window.next_pull()->size, 20u);
}

TEST(UploadWindow, only_the_bytes_that_were_asked_for_are_taken) {
  UploadWindow window(250, 0, kWindow);
  EXPECT_FALSE(window.take(0, 100)) << "nobody has asked";
  window.next_pull();
  window.next_pull();
  EXPECT_FALSE(window.take(100, 100)) << "out of order";
  EXPECT_FALSE(window.take(0, 99));
  EXPECT_FALSE(window.take(0, 101));
  EXPECT_TRUE(window.take(0, 100));
  EXPECT_FALSE(window.take(0, 100)) << "twice";
}

TEST(UploadWindow, a_new_connection_is_asked_for_what_the_old_one_did_not_bring) {
  UploadWindow window(250, 0, kWindow);
  window.next_pull();
  window.next_pull();
  window.take(0, 100);
  window.ask_again();
  EXPECT_FALSE(window.take(100, 100)) << "the old one's";
  EXPECT_EQ(window.next_pull()->offset, 100u);
}

TEST(UploadWindow, an_empty_file_is_complete_at_once) {
  UploadWindow window(0, 0, kWindow);
  EXPECT_TRUE(window.complete());
  EXPECT_FALSE(window.next_pull());
}

TEST(UploadWindow, the_largest_file_that_can_be_has_an_end) {
  UploadWindow window(UINT32_MAX, UINT32_MAX - 150, kWindow);
  EXPECT_EQ(window.next_pull()->size, 100u);
  EXPECT_EQ(window.next_pull()->size, 50u);
  window.take(UINT32_MAX - 150, 100);
  window.take(UINT32_MAX - 50, 50);
  window.wrote(150);
  EXPECT_TRUE(window.complete());
}

}  // namespace
}  // namespace talkbeat
