#include "tools/talkctl/import_sql_tokens.h"

#include <algorithm>
#include <cstring>

namespace talkbeat {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == '\0';
}

bool is_word_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '$';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// What stands for the character behind a backslash (MySQL manual, "String Literals").
char unescaped(char c) {
  switch (c) {
    case '0':
      return '\0';
    case 'b':
      return '\b';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'Z':
      return '\x1a';
    default:
      return c;
  }
}

// How far it goes without the quote and without a backslash, which a name in backquotes has no use for.
size_t plain_length(std::string_view text, char quote) {
  const char escape = quote == '`' ? quote : '\\';
  const auto stop = std::ranges::find_if(text, [quote, escape](char c) { return c == quote || c == escape; });
  return static_cast<size_t>(stop - text.begin());
}

}  // namespace

bool SqlToken::is_word(std::string_view word) const {
  return kind == SqlTokenKind::kWord && text.size() == word.size() &&
         std::ranges::equal(text, word, [](char a, char b) { return lower(a) == lower(b); });
}

bool decode_hex(std::string_view digits, std::string& bytes) {
  std::string decoded;
  const std::string padded = digits.size() % 2 == 0 ? std::string(digits) : "0" + std::string(digits);
  for (size_t i = 0; i < padded.size(); i += 2) {
    const int high = hex_value(padded[i]);
    const int low = hex_value(padded[i + 1]);
    if (high < 0 || low < 0) return false;
    decoded += static_cast<char>(high * 16 + low);
  }
  bytes = std::move(decoded);
  return true;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

bool SqlTokens::ensure(size_t count) {
  while (end_ - begin_ < count && !source_ended_) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      taken_before_ += begin_;
      end_ -= begin_;
      begin_ = 0;
    }
    const Result<size_t> got = source_(std::span(buffer_).subspan(end_));
    if (!got.ok()) source_error_ = got.message();
    if (!got.ok() || got.value() == 0) {
      source_ended_ = true;
    } else {
      end_ += got.value();
    }
  }
  return end_ - begin_ >= count;
}

void SqlTokens::skip(size_t count) {
  line_ += static_cast<uint64_t>(std::ranges::count(view().substr(0, count), '\n'));
  begin_ += count;
}

Status SqlTokens::failure() const {
  if (!source_error_.empty()) return Error{source_error_};
  return {};
}

Error SqlTokens::ends_inside(const char* what) const {
  if (!source_error_.empty()) return Error{source_error_};
  return Error{std::string("the dump ends inside of ") + what + ": it is not complete"};
}

void SqlTokens::append(SqlToken& token, std::string_view text) const {
  const size_t room = kMaxText - token.text.size();
  if (text.size() > room) token.cut = true;
  token.text += text.substr(0, room);
}

bool SqlTokens::at_line_comment() {
  if (peek() == '#') return true;
  if (!at("--")) return false;
  return !ensure(3) || is_blank(view()[2]);
}

void SqlTokens::skip_line_comment() {
  constexpr std::string_view kCompleted = "-- Dump completed";
  if (at(kCompleted)) completed_ = true;
  while (ensure(1)) {
    const size_t end = view().find('\n');
    if (end != std::string_view::npos) return skip(end + 1);
    skip(view().size());
  }
}

Status SqlTokens::skip_block_comment() {
  skip(2);
  while (ensure(2)) {
    const size_t star = view().find('*');
    if (star == std::string_view::npos) {
      skip(view().size());
    } else if (skip(star); at("*/")) {
      skip(2);
      return {};
    } else if (ensure(1)) {
      skip(1);
    }
  }
  skip(view().size());  // so that the line is the last one, however the end has come
  return ends_inside("a comment");
}

Status SqlTokens::skip_blank() {
  while (ensure(1)) {
    if (is_blank(peek())) {
      skip(1);
    } else if (at_line_comment()) {
      skip_line_comment();
    } else if (at("/*")) {
      if (Status status = skip_block_comment(); !status.ok()) return status;
    } else {
      return {};
    }
  }
  return failure();
}

Status SqlTokens::next(SqlToken& token) {
  token.text.clear();
  token.cut = false;
  token.kind = SqlTokenKind::kEnd;
  if (Status status = skip_blank(); !status.ok()) return status;
  if (!ensure(1)) return {};
  if (at(delimiter_)) {
    token.kind = SqlTokenKind::kStatementEnd;
    skip(delimiter_.size());
    return {};
  }
  const char first = peek();
  if (first == '`' || first == '\'' || first == '"') {
    token.kind = first == '`' ? SqlTokenKind::kName : SqlTokenKind::kString;
    return read_quoted(first, token);
  }
  const bool number = (first == '-' || first == '+' || first == '.') && ensure(2) && is_digit(view()[1]);
  if (number || is_word_character(first)) {
    read_word(token);
    return {};
  }
  token.kind = SqlTokenKind::kSign;
  token.text = first;
  skip(1);
  return {};
}

Status SqlTokens::read_quoted(char quote, SqlToken& token) {
  skip(1);
  while (ensure(1)) {
    const size_t plain = plain_length(view(), quote);
    append(token, view().substr(0, plain));
    skip(plain);
    if (begin_ == end_) continue;
    if (quote != '`' && peek() == '\\') {
      if (Status status = read_escape(token); !status.ok()) return status;
    } else if (ensure(2) && view()[1] == quote) {
      append(token, view().substr(0, 1));
      skip(2);
    } else {
      skip(1);
      return {};
    }
  }
  return ends_inside("a text");
}

Status SqlTokens::read_escape(SqlToken& token) {
  if (!ensure(2)) return ends_inside("a text");
  const char escaped = view()[1];
  // \% and \_ stand for themselves: only LIKE knows them.
  if (escaped == '%' || escaped == '_') append(token, "\\");
  const char meant = unescaped(escaped);
  append(token, std::string_view(&meant, 1));
  skip(2);
  return {};
}

void SqlTokens::read_word(SqlToken& token) {
  token.kind = SqlTokenKind::kWord;
  const bool number = !is_word_character(peek()) || is_digit(peek());
  append(token, view().substr(0, 1));
  skip(1);
  while (ensure(1)) {
    const char c = peek();
    const bool exponent_sign = (c == '-' || c == '+') && lower(token.text.back()) == 'e' && !at("--");
    if (!is_word_character(c) && !(number && (c == '.' || exponent_sign))) break;
    append(token, view().substr(0, 1));
    skip(1);
  }
  const bool hex = token.text.starts_with("0x") || token.text.starts_with("0X");
  if (hex && decode_hex(std::string_view(token.text).substr(2), token.text)) token.kind = SqlTokenKind::kString;
}

Status SqlTokens::take_delimiter() {
  std::string delimiter;
  while (ensure(1) && peek() != '\n') {
    if (!is_blank(peek()) && delimiter.size() < 16) delimiter += peek();
    skip(1);
  }
  if (delimiter.empty()) return Error{"a DELIMITER that is none"};
  delimiter_ = delimiter;
  return failure();
}

}  // namespace talkbeat
