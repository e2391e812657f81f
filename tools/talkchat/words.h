#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace talkbeat {

/// What a person types behind a command. Pure functions.

/// Without blanks at both ends.
std::string trimmed(std::string_view text);
/// Without the quotes that it may stand in as a whole.
std::string unquoted(const std::string& text);
/// Takes the first word off `rest`: up to a blank, or what stands between "" (names with blanks).
std::string take_word(std::string& rest);
/// All of them.
std::vector<std::string> words_of_line(std::string rest);
/// With the person's home directory in place of ~.
std::string home_expanded(const std::string& path);

}  // namespace talkbeat
