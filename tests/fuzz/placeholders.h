#pragma once

#include <string_view>

namespace talkbeat::fuzz {

// What a server makes up anew each time, and a client has to repeat. In a script these words stand for it; they are as
// long as it is, so that the lengths around them stay right. The world that plays the script puts in the last one that
// the server has given to anybody.

inline constexpr std::string_view kTaskPlaceholder = "TASKTASKTASKTASKTASKTASKTASKTASK";
inline constexpr std::string_view kTokenPlaceholder = "TOKENTOKENTOKENTOKENTOKENTOKENTOKENTOKENTOKENT";

}  // namespace talkbeat::fuzz
