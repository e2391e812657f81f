#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/talkctl/import_sql_tokens.h"

namespace talkbeat {

struct DumpValue {
  std::string text;
  bool null = true;
  bool cut = false;  ///< longer than SqlTokens::kMaxText
};

/// One row of an INSERT. Valid only inside of the call that brings it.
struct DumpRow {
  const std::string& table;                 ///< in small letters, without the database's name
  const std::vector<std::string>& columns;  ///< in small letters
  const std::vector<DumpValue>& values;     ///< as many

  /// Nothing where there is no such column, or it is NULL.
  const DumpValue* find(std::string_view column) const;
};

/// Reads a mysqldump and hands over its rows, one after the other, in bounded memory. What is neither CREATE TABLE (for
/// the order of columns, where an INSERT does not name them) nor INSERT or REPLACE is skipped.
///
///   DumpReader reader(source, [&](const DumpRow& row) { return import.take(row); });
///   const Status read = reader.read_all();  // "line 17: …"
class DumpReader {
 public:
  using Visit = std::function<Status(const DumpRow&)>;

  DumpReader(SqlTokens::Source source, Visit visit) : tokens_(std::move(source)), visit_(std::move(visit)) {}

  /// Fails with the number of the line: where the dump is cut off or is none, or `visit` has failed.
  Status read_all();

  uint64_t bytes() const { return tokens_.bytes(); }
  uint64_t statements() const { return statements_; }
  /// False: mysqldump's last line is missing (it is, too, where comments were left out).
  bool saw_completed() const { return tokens_.saw_completed(); }

 private:
  Status read_statements();
  Status read_statement();
  Status read_create();
  Status read_columns(std::vector<std::string>& columns);
  Status read_insert();
  Status read_column_list(std::vector<std::string>& columns);
  Status read_rows(const std::string& table, const std::vector<std::string>& columns);
  Status read_row(const std::string& table, const std::vector<std::string>& columns);
  Status read_value(DumpValue& value);
  Status read_introduced(DumpValue& value);
  /// The table's name; afterwards the token behind it is there.
  Status read_table(std::string& table);
  Status skip_words();
  Status skip_to(int depth);
  Status skip_statement();
  Status next() { return tokens_.next(token_); }
  Error unexpected(const std::string& where) const;

  SqlTokens tokens_;
  Visit visit_;
  SqlToken token_;
  std::unordered_map<std::string, std::vector<std::string>> columns_of_;
  std::vector<DumpValue> values_;  // kept, so that their memory is
  uint64_t statements_ = 0;
};

}  // namespace talkbeat
