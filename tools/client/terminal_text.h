#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace talkbeat {

/// The text as it may be printed: control characters (C0, DEL, C1), those that turn the writing's direction, and bytes
/// that are not UTF-8 become \n, \t, \x1b, \u{202e}: nobody else's text moves the cursor, colours or hides anything.
/// Pure functions.
std::string printable(std::string_view text);

/// The text with each control character, each that turns the writing's direction, and each byte that is not UTF-8
/// replaced: for names, which are to be typed again.
std::string without_control(std::string_view text, char replacement);

/// How many columns printable text takes: wide characters two, combining ones none.
size_t display_width(std::string_view text);

}  // namespace talkbeat
