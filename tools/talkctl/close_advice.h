#pragma once

#include <optional>
#include <string_view>

namespace talkbeat {

/// What a close reason means, and what an operator may do about it. The same table stands in OPERATIONS.md; a test
/// compares the two.
struct CloseAdvice {
  const char* meaning;
  const char* action;
};

/// `reason`: the word of the log and the metric ("silent"). Nothing: there is no such word.
///
///   if (const auto advice = advice_on("silent")) print(advice->meaning);
std::optional<CloseAdvice> advice_on(std::string_view reason);

}  // namespace talkbeat
