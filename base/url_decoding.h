#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace talkbeat {

/// "%2F" becomes "/", and "+" a space where plus_is_space (in a query). Empty where an escape is cut or not
/// hexadecimal, or stands for the zero byte, which no name or path of ours has. Pure, as is all here.
std::optional<std::string> url_decode(std::string_view text, bool plus_is_space = false);

/// More than anybody asks with; each costs a place in a map, fifty times what its two bytes ("a&") may be.
constexpr size_t kMaxQueryPairs = 100;

/// "a=1&b=x%20y" as names and values, decoded; of a name that stands twice, the last value. Empty where a part does not
/// decode, or where there are more than kMaxQueryPairs.
std::optional<std::map<std::string, std::string>> parse_query(std::string_view text);

}  // namespace talkbeat
