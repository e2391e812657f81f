#include "msg_server/push/quiet_hours.h"

#include <algorithm>
#include <cctype>

namespace talkbeat {

namespace {

int two_digits(const std::string& text, size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool looks_like_time(const std::string& text) {
  constexpr size_t kColon = 2;
  if (text.size() != 5 || text[kColon] != ':') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i != kColon && (text[i] < '0' || text[i] > '9')) return false;
  }
  return true;
}

// What the zone files are called: no path out of their directory.
bool looks_like_zone(const std::string& name) {
  const bool relative = !name.empty() && name.front() != '/' && name.find("..") == std::string::npos;
  return relative && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
         });
}

}  // namespace

Result<int> QuietHours::minute_of_day(const std::string& text) {
  if (looks_like_time(text) && two_digits(text, 0) < 24 && two_digits(text, 3) < 60) {
    return two_digits(text, 0) * 60 + two_digits(text, 3);
  }
  return Error{"\"" + text + "\" is no time of day; allowed: 00:00 to 23:59"};
}

Result<absl::TimeZone> QuietHours::find_zone(const std::string& name) {
  absl::TimeZone zone;
  if (looks_like_zone(name) && absl::LoadTimeZone(name, &zone)) return zone;
  return Error{"\"" + name + "\" is no time zone that this machine knows (package tzdata); such as Europe/Berlin"};
}

Result<QuietHours> QuietHours::make(const std::string& from, const std::string& until, const std::string& zone) {
  const Result<int> first = minute_of_day(from);
  if (!first.ok()) return Error{first.message()};
  const Result<int> end = minute_of_day(until);
  if (!end.ok()) return Error{end.message()};
  const Result<absl::TimeZone> where = find_zone(zone);
  if (!where.ok()) return Error{where.message()};
  QuietHours hours;
  hours.from_ = first.value();
  hours.until_ = end.value();
  hours.zone_ = where.value();
  return hours;
}

bool QuietHours::contains(int64_t unix_seconds) const {
  const absl::CivilSecond wall = zone_.At(absl::FromUnixSeconds(unix_seconds)).cs;
  const int minute = wall.hour() * 60 + wall.minute();
  if (from_ <= until_) return minute >= from_ && minute < until_;
  return minute >= from_ || minute < until_;
}

}  // namespace talkbeat
