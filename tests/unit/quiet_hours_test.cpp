#include "msg_server/push/quiet_hours.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

QuietHours hours(const std::string& from, const std::string& until, const std::string& zone = "UTC") {
  const Result<QuietHours> made = QuietHours::make(from, until, zone);
  EXPECT_TRUE(made.ok()) << made.message();
  return made.value();
}

int64_t utc(int year, int month, int day, int hour, int minute, int second = 0) {
  return absl::ToUnixSeconds(
      absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second), absl::UTCTimeZone()));
}

int64_t utc(int hour, int minute, int second = 0) {
  return utc(2026, 5, 20, hour, minute, second);
}

TEST(QuietHours, within_a_day_the_first_minute_is_quiet_and_the_last_is_not) {
  const QuietHours noon = hours("12:00", "13:30");
  EXPECT_FALSE(noon.contains(utc(11, 59, 59)));
  EXPECT_TRUE(noon.contains(utc(12, 0)));
  EXPECT_TRUE(noon.contains(utc(13, 29, 59)));
  EXPECT_FALSE(noon.contains(utc(13, 30)));
}

TEST(QuietHours, they_may_last_over_midnight) {
  const QuietHours night = hours("22:00", "07:00");
  EXPECT_FALSE(night.contains(utc(21, 59, 59)));
  EXPECT_TRUE(night.contains(utc(22, 0)));
  EXPECT_TRUE(night.contains(utc(23, 59, 59)));
  EXPECT_TRUE(night.contains(utc(0, 0)));
  EXPECT_TRUE(night.contains(utc(6, 59, 59)));
  EXPECT_FALSE(night.contains(utc(7, 0)));
}

TEST(QuietHours, until_midnight_and_from_midnight) {
  EXPECT_TRUE(hours("22:00", "00:00").contains(utc(23, 59)));
  EXPECT_FALSE(hours("22:00", "00:00").contains(utc(0, 0)));
  EXPECT_FALSE(hours("00:00", "07:00").contains(utc(23, 59)));
  EXPECT_TRUE(hours("00:00", "07:00").contains(utc(0, 0)));
}

TEST(QuietHours, from_and_until_the_same_is_never_quiet) {
  const QuietHours none = hours("07:00", "07:00");
  for (int hour = 0; hour < 24; ++hour) EXPECT_FALSE(none.contains(utc(hour, 0))) << hour;
  EXPECT_FALSE(QuietHours().contains(utc(0, 0)));
}

TEST(QuietHours, the_clock_of_the_zone_counts) {
  const QuietHours berlin = hours("22:00", "07:00", "Europe/Berlin");
  EXPECT_FALSE(berlin.contains(utc(2026, 1, 10, 20, 59)));  // 21:59 in winter
  EXPECT_TRUE(berlin.contains(utc(2026, 1, 10, 21, 0)));
  EXPECT_FALSE(berlin.contains(utc(2026, 7, 10, 19, 59)));  // 21:59 in summer
  EXPECT_TRUE(berlin.contains(utc(2026, 7, 10, 20, 0)));
  const QuietHours nepal = hours("22:00", "07:00", "Asia/Kathmandu");  // 5:45 ahead
  EXPECT_FALSE(nepal.contains(utc(16, 14)));
  EXPECT_TRUE(nepal.contains(utc(16, 15)));
}

TEST(QuietHours, in_the_night_without_a_third_hour_what_the_clock_never_shows_is_left_out) {
  const QuietHours skipped = hours("02:15", "02:45", "Europe/Berlin");
  const int64_t begin = utc(2026, 3, 29, 0, 0);
  for (int64_t second = begin; second < begin + 3 * 3'600; second += 60) EXPECT_FALSE(skipped.contains(second));
  // 01:30 to 03:30 lasts one hour: 00:30 to 01:30 UTC.
  const QuietHours across = hours("01:30", "03:30", "Europe/Berlin");
  EXPECT_FALSE(across.contains(utc(2026, 3, 29, 0, 29)));
  EXPECT_TRUE(across.contains(utc(2026, 3, 29, 0, 30)));
  EXPECT_TRUE(across.contains(utc(2026, 3, 29, 1, 29)));
  EXPECT_FALSE(across.contains(utc(2026, 3, 29, 1, 30)));
}

TEST(QuietHours, in_the_night_with_two_third_hours_both_are_quiet) {
  const QuietHours twice = hours("02:15", "02:45", "Europe/Berlin");
  EXPECT_TRUE(twice.contains(utc(2026, 10, 25, 0, 20)));
  EXPECT_FALSE(twice.contains(utc(2026, 10, 25, 0, 50)));
  EXPECT_TRUE(twice.contains(utc(2026, 10, 25, 1, 20)));
  EXPECT_FALSE(twice.contains(utc(2026, 10, 25, 1, 50)));
}

TEST(QuietHours, what_is_no_time_of_day_is_refused_and_named) {
  for (const std::string text : {"", "7:00", "07:0", "24:00", "23:60", "0700", "07.00", "-1:00", "07:00 ", "ab:cd"}) {
    const Result<QuietHours> wrong = QuietHours::make(text, "07:00", "UTC");
    ASSERT_FALSE(wrong.ok()) << text;
    EXPECT_NE(wrong.message().find("\"" + text + "\""), std::string::npos) << wrong.message();
    EXPECT_FALSE(QuietHours::make("22:00", text, "UTC").ok()) << text;
  }
}

TEST(QuietHours, a_zone_that_does_not_exist_is_refused_and_named) {
  for (const std::string zone :
       {"", "Europe/Atlantis", "/etc/passwd", "../../../etc/passwd", "UTC;", "Europe/Berlin "}) {
    const Result<QuietHours> wrong = QuietHours::make("22:00", "07:00", zone);
    ASSERT_FALSE(wrong.ok()) << zone;
    EXPECT_NE(wrong.message().find("\"" + zone + "\""), std::string::npos) << wrong.message();
  }
}

}  // namespace
}  // namespace talkbeat
