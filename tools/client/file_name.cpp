#include "tools/client/file_name.h"

#include <algorithm>

#include "tools/client/terminal_text.h"

namespace talkbeat {

namespace {

constexpr size_t kMaxExtension = 16;
constexpr size_t kMaxTask = 40;

// Where the extension begins, its dot included; the end where there is none.
size_t extension_of(std::string_view name) {
  const size_t dot = name.rfind('.');
  const bool fits = dot != std::string_view::npos && dot > 0 && name.size() - dot <= kMaxExtension;
  return fits ? dot : name.size();
}

// Not in the middle of a character.
std::string_view first_bytes(std::string_view text, size_t count) {
  if (text.size() <= count) return text;
  while (count > 0 && (static_cast<unsigned char>(text[count]) & 0xc0) == 0x80) --count;
  return text.substr(0, count);
}

}  // namespace

std::string safe_file_name(std::string_view offered) {
  const size_t slash = offered.find_last_of("/\\");
  if (slash != std::string_view::npos) offered.remove_prefix(slash + 1);
  std::string name = without_control(offered, '_');
  std::ranges::replace(name, '/', '_');
  name.erase(0, name.find_first_not_of(' '));
  name.erase(name.find_last_not_of(' ') + 1);
  if (name.empty() || name == "." || name == "..") return "file";
  if (name.front() == '.' || name.front() == '-') name.front() = '_';
  const size_t dot = extension_of(name);
  const std::string extension = name.substr(dot);
  name = std::string(first_bytes(std::string_view(name).substr(0, dot), kMaxFileName - extension.size())) + extension;
  name.erase(name.find_last_not_of(' ') + 1);  // where it was cut
  return name;
}

std::string numbered_file_name(const std::string& name, int number) {
  if (number == 0) return name;
  const size_t dot = extension_of(name);
  return name.substr(0, dot) + " (" + std::to_string(number) + ")" + name.substr(dot);
}

std::string part_file_name(const std::string& name, std::string_view task_id) {
  std::string task(task_id.substr(0, kMaxTask));
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  std::ranges::replace_if(
      task, [plain](char c) { return !plain(c); }, '_');
  return name + "." + task + ".part";
}

}  // namespace talkbeat
