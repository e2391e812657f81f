#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace talkbeat {

/// The figures of GET /metrics that stand there once, without labels. Pure.
///
///   const auto figures = parse_metrics("talkbeat_users 17\n");  // {"talkbeat_users": 17}
std::map<std::string, double> parse_metrics(std::string_view page);

/// What one server says of itself at one moment; what it does not say is missing.
struct ServerSample {
  bool up = false;
  std::string state = "down";
  Tick at = 0;
  std::map<std::string, double> figures{};

  std::optional<double> figure(const std::string& name) const;
};

/// How much a figure that only grows has moved a second; nothing where that cannot be told: one of the two is missing,
/// or the process has been started anew in between. Pure.
std::optional<double> rate(const ServerSample& before, const ServerSample& now, const std::string& name);

}  // namespace talkbeat
