#include "login_server/multipart.h"

#include <algorithm>

namespace talkbeat::login {

namespace {

constexpr size_t kMaxBoundary = 70;  // RFC 2046
constexpr std::string_view kBoundaryMarks = "'()+_,-./:=? ";
constexpr std::string_view kBlanks = " \t";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_words(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// What stands before the mark, which is taken away, too; all of it where there is no mark.
std::string_view cut(std::string_view& text, std::string_view mark) {
  const size_t at = text.find(mark);
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + mark.size());
  return before;
}

/// Takes a value off the front, quoted or not, up to the semicolon behind it. A quoted one is returned as it stands.
std::optional<std::string_view> take_value(std::string_view& text) {
  text = text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
  if (!text.starts_with('"')) return trim(cut(text, ";"));
  text.remove_prefix(1);
  size_t end = 0;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) return std::nullopt;
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!trim(cut(text, ";")).empty()) return std::nullopt;
  return value;
}

/// Finds one parameter of `;`-separated ones. False: they are broken.
bool find_parameter(std::string_view text, std::string_view wanted, std::optional<std::string_view>& value) {
  while (!trim(text).empty()) {
    const size_t sign = text.find_first_of("=;");
    if (sign == std::string_view::npos || text[sign] == ';') {
      if (!trim(cut(text, ";")).empty()) return false;
      continue;
    }
    const std::string_view name = trim(cut(text, "="));
    const auto taken = take_value(text);
    if (name.empty() || !taken) return false;
    if (equal_words(name, wanted) && !value) value = *taken;
  }
  return true;
}

bool is_boundary(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           kBoundaryMarks.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMaxBoundary && text.back() != ' ' && std::ranges::all_of(text, allowed);
}

/// Takes "Content-Disposition: form-data; …" apart. False: it says something else.
bool read_disposition(std::string_view value, FormPart& part) {
  if (!equal_words(trim(cut(value, ";")), "form-data")) return false;
  std::optional<std::string_view> name;
  if (!find_parameter(value, "name", name) || !find_parameter(value, "filename", part.filename)) return false;
  part.name = name.value_or("");
  return true;
}

/// The header lines of a part, which end with an empty one. False: they are broken, or say nothing of a form.
bool take_headers(std::string_view& rest, FormPart& part) {
  const size_t end = rest.substr(0, kMaxFormPartHeaderBytes).find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  std::string_view lines = rest.substr(0, end + 2);
  rest.remove_prefix(end + 4);
  bool disposed = false;
  while (!lines.empty()) {
    std::string_view value = cut(lines, "\r\n");
    if (value.find(':') == std::string_view::npos) return false;
    const std::string_view name = cut(value, ":");
    if (!equal_words(trim(name), "content-disposition")) continue;
    if (disposed || !read_disposition(value, part)) return false;
    disposed = true;
  }
  return disposed;
}

enum class Delimiter { kNone, kNext, kLast };

/// What follows a boundary makes it one: blanks and the end of the line, or two hyphens.
Delimiter take_delimiter_end(std::string_view& rest) {
  if (rest.starts_with("--")) return Delimiter::kLast;
  const size_t end = std::min(rest.find_first_not_of(kBlanks), rest.size());
  if (!rest.substr(end).starts_with("\r\n")) return Delimiter::kNone;
  rest.remove_prefix(end + 2);
  return Delimiter::kNext;
}

/// Takes the content up to the next delimiter, and that one, too.
Delimiter take_content(std::string_view& rest, std::string_view mark, std::string_view& content) {
  const std::string_view all = rest;
  for (size_t at = all.find(mark); at != std::string_view::npos; at = all.find(mark, at + 1)) {
    rest = all.substr(at + mark.size());
    const Delimiter delimiter = take_delimiter_end(rest);
    if (delimiter == Delimiter::kNone) continue;
    content = all.substr(0, at);
    return delimiter;
  }
  return Delimiter::kNone;
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  if (!equal_words(trim(cut(content_type, ";")), "multipart/form-data")) return std::nullopt;
  std::optional<std::string_view> boundary;
  if (!find_parameter(content_type, "boundary", boundary) || !boundary || !is_boundary(*boundary)) return std::nullopt;
  return std::string(*boundary);
}

std::optional<std::vector<FormPart>> parse_multipart(std::string_view body, std::string_view boundary) {
  const std::string mark = "\r\n--" + std::string(boundary);
  std::string_view rest = body;
  if (rest.starts_with("\r\n")) rest.remove_prefix(2);
  if (!rest.starts_with(std::string_view(mark).substr(2))) return std::nullopt;
  rest.remove_prefix(mark.size() - 2);
  std::vector<FormPart> parts;
  Delimiter delimiter = take_delimiter_end(rest);
  while (delimiter == Delimiter::kNext && parts.size() < kMaxFormParts) {
    FormPart& part = parts.emplace_back();
    if (!take_headers(rest, part)) return std::nullopt;
    delimiter = take_content(rest, mark, part.content);
  }
  if (delimiter != Delimiter::kLast) return std::nullopt;
  return parts;
}

}  // namespace talkbeat::login
