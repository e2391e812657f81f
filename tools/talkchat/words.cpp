#include "tools/talkchat/words.h"

#include <algorithm>
#include <cstdlib>

namespace talkbeat {

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::string unquoted(const std::string& text) {
  const bool quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string take_word(std::string& rest) {
  rest = trimmed(rest);
  const bool quoted = rest.size() > 1 && rest.front() == '"' && rest.find('"', 1) != std::string::npos;
  const size_t end = quoted ? rest.find('"', 1) : std::min(rest.find(' '), rest.size());
  std::string word = rest.substr(quoted ? 1 : 0, quoted ? end - 1 : end);
  rest = trimmed(std::string_view(rest).substr(std::min(rest.size(), end + (quoted ? 1 : 0))));
  return word;
}

std::vector<std::string> words_of_line(std::string rest) {
  std::vector<std::string> words;
  while (!(rest = trimmed(rest)).empty()) words.push_back(take_word(rest));
  return words;
}

std::string home_expanded(const std::string& path) {
  const char* home = std::getenv("HOME");
  const bool at_home = path == "~" || path.starts_with("~/");
  return at_home && home != nullptr ? home + path.substr(1) : path;
}

}  // namespace talkbeat
