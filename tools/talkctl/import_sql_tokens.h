#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace talkbeat {

enum class SqlTokenKind : uint8_t {
  kEnd,           ///< of the input
  kStatementEnd,  ///< `;`, or what DELIMITER has set
  kWord,          ///< unquoted: a keyword, a name, a number
  kName,          ///< in backquotes
  kString,        ///< in quotes, unescaped; or a 0x… literal's bytes
  kSign           ///< one character of punctuation
};

struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kEnd;
  std::string text;
  bool cut = false;  ///< it was longer than kMaxText, which is all that is kept

  bool is_sign(char sign) const { return kind == SqlTokenKind::kSign && text.front() == sign; }
  /// Whatever the case of its letters; `word` in capitals.
  bool is_word(std::string_view word) const;
};

/// Cuts SQL, as mysqldump writes it, into tokens as it comes: lines and statements may be of any length, memory is
/// bounded by the longest text. Comments are skipped, those that MySQL would look into (/*!40101 … */) too: what a dump
/// has in them is none of its rows.
///
///   SqlTokens tokens(read_from_file);
///   while (tokens.next(token).ok() && token.kind != SqlTokenKind::kEnd) …
class SqlTokens {
 public:
  /// Fills a part of the span; 0: the input ends.
  using Source = std::function<Result<size_t>(std::span<char>)>;

  static constexpr size_t kMaxText = 2 << 20;

  explicit SqlTokens(Source source) : source_(std::move(source)), buffer_(kBuffer) {}

  /// Fails where the input cannot be read, or ends inside of a text or a comment.
  Status next(SqlToken& token);
  /// The rest of this line, and what ends statements from now on (DELIMITER ;;).
  Status take_delimiter();

  uint64_t line() const { return line_; }
  uint64_t bytes() const { return taken_before_ + begin_; }
  /// mysqldump's last words have been seen: nothing is missing.
  bool saw_completed() const { return completed_; }

 private:
  static constexpr size_t kBuffer = 256 << 10;

  /// Makes `count` characters available; fewer are there at the end of the input.
  bool ensure(size_t count);
  bool at(std::string_view text) { return ensure(text.size()) && view().starts_with(text); }
  std::string_view view() const { return {buffer_.data() + begin_, end_ - begin_}; }
  char peek() const { return buffer_[begin_]; }
  void skip(size_t count);
  bool at_line_comment();
  Status skip_blank();
  void skip_line_comment();
  Status skip_block_comment();
  Status read_quoted(char quote, SqlToken& token);
  Status read_escape(SqlToken& token);
  void read_word(SqlToken& token);
  void append(SqlToken& token, std::string_view text) const;
  Status failure() const;
  Error ends_inside(const char* what) const;

  Source source_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool source_ended_ = false;
  std::string source_error_;
  uint64_t taken_before_ = 0;
  uint64_t line_ = 1;
  bool completed_ = false;
  std::string delimiter_ = ";";
};

/// The bytes that hexadecimal digits stand for; false where they are none.
bool decode_hex(std::string_view digits, std::string& bytes);

/// In small letters (ASCII).
std::string lower_case(std::string_view text);

}  // namespace talkbeat
