#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <string>

#include "base/status.h"

namespace talkbeat {

/// A part of each day, as the clocks of one time zone show it: from one minute until before another, which may be the
/// next morning. Where both are the same it is empty. On the days on which clocks change, it is what the clock on the
/// wall says that counts: a minute that comes twice is quiet twice. A value; pure, the time is passed in.
///
///   const auto quiet = QuietHours::make("22:00", "07:00", "Europe/Berlin");
///   if (!quiet.ok()) return quiet.message();
///   if (quiet.value().contains(unix_seconds)) return;
class QuietHours {
 public:
  /// Fails where a time is not HH:MM, or the system knows no such zone (package tzdata).
  static Result<QuietHours> make(const std::string& from, const std::string& until, const std::string& zone);
  /// Minutes since midnight of "HH:MM", 00:00 to 23:59.
  static Result<int> minute_of_day(const std::string& text);
  /// A name of the IANA database.
  static Result<absl::TimeZone> find_zone(const std::string& name);

  /// Never quiet.
  QuietHours() = default;

  bool contains(int64_t unix_seconds) const;

 private:
  int from_ = 0;
  int until_ = 0;
  absl::TimeZone zone_ = absl::UTCTimeZone();
};

}  // namespace talkbeat
