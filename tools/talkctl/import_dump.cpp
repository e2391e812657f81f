#include "tools/talkctl/import_dump.h"

#include <algorithm>
#include <array>

namespace talkbeat {

namespace {

constexpr size_t kMaxColumns = 4'096;  // MySQL's own limit

// What a table's definition has beside its columns.
bool begins_an_index(const SqlToken& token) {
  constexpr std::array<std::string_view, 9> kWords = {"PRIMARY", "KEY",        "UNIQUE",  "INDEX", "FULLTEXT",
                                                      "SPATIAL", "CONSTRAINT", "FOREIGN", "CHECK"};
  return std::ranges::any_of(kWords, [&token](std::string_view word) { return token.is_word(word); });
}

bool ends(const SqlToken& token) {
  return token.kind == SqlTokenKind::kEnd || token.kind == SqlTokenKind::kStatementEnd;
}

bool is_name(const SqlToken& token) {
  // In ANSI mode names stand in double quotes.
  return token.kind == SqlTokenKind::kWord || token.kind == SqlTokenKind::kName || token.kind == SqlTokenKind::kString;
}

bool is_number(std::string_view text) {
  const char first = text.front();
  return (first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.';
}

}  // namespace

const DumpValue* DumpRow::find(std::string_view column) const {
  const auto place = std::ranges::find(columns, column);
  if (place == columns.end()) return nullptr;
  const DumpValue& value = values[static_cast<size_t>(place - columns.begin())];
  return value.null ? nullptr : &value;
}

Status DumpReader::read_all() {
  Status status = read_statements();
  if (status.ok()) return {};
  return Error{"line " + std::to_string(tokens_.line()) + ": " + status.message()};
}

Status DumpReader::read_statements() {
  while (true) {
    if (Status status = next(); !status.ok()) return status;
    if (token_.kind == SqlTokenKind::kEnd) return {};
    if (Status status = read_statement(); !status.ok()) return status;
  }
}

Status DumpReader::read_statement() {
  if (token_.kind == SqlTokenKind::kStatementEnd) return {};
  ++statements_;
  if (token_.is_word("DELIMITER")) return tokens_.take_delimiter();
  if (token_.is_word("CREATE")) return read_create();
  if (token_.is_word("INSERT") || token_.is_word("REPLACE")) return read_insert();
  if (token_.kind != SqlTokenKind::kWord) return unexpected("at the beginning of a statement");
  return skip_statement();
}

Error DumpReader::unexpected(const std::string& where) const {
  if (token_.kind == SqlTokenKind::kEnd) return Error{"the dump ends inside of a statement: it is not complete"};
  return Error{"what stands " + where + " is not understood: this is no mysqldump, or a damaged one"};
}

Status DumpReader::skip_statement() {
  while (!ends(token_)) {
    if (Status status = next(); !status.ok()) return status;
  }
  // The last statement of a file may go without its `;`, but not one that was cut off within.
  return {};
}

Status DumpReader::read_table(std::string& table) {
  if (!is_name(token_)) return unexpected("for a table's name");
  table = lower_case(token_.text);
  if (Status status = next(); !status.ok()) return status;
  if (!token_.is_sign('.')) return {};
  if (Status status = next(); !status.ok()) return status;
  return read_table(table);
}

Status DumpReader::read_create() {
  if (Status status = next(); !status.ok()) return status;
  if (!token_.is_word("TABLE")) return skip_statement();
  while (token_.is_word("TABLE") || token_.is_word("IF") || token_.is_word("NOT") || token_.is_word("EXISTS")) {
    if (Status status = next(); !status.ok()) return status;
  }
  std::string table;
  if (Status status = read_table(table); !status.ok()) return status;
  if (!token_.is_sign('(')) return skip_statement();
  std::vector<std::string> columns;
  if (Status status = read_columns(columns); !status.ok()) return status;
  columns_of_[table] = std::move(columns);
  return skip_statement();
}

// Behind the definition's `(`; ends behind its `)`.
Status DumpReader::read_columns(std::vector<std::string>& columns) {
  do {
    if (Status status = next(); !status.ok()) return status;
    if (!is_name(token_)) return unexpected("in a table's definition");
    if (!begins_an_index(token_)) columns.push_back(lower_case(token_.text));
    if (columns.size() > kMaxColumns) return unexpected("in a table's definition");
    if (Status status = skip_to(0); !status.ok()) return status;
  } while (token_.is_sign(','));
  return next();
}

// To the next `,` or `)` outside of further parentheses.
Status DumpReader::skip_to(int depth) {
  while (depth > 0 || (!token_.is_sign(',') && !token_.is_sign(')'))) {
    if (ends(token_)) return unexpected("in a table's definition");
    if (token_.is_sign('(')) ++depth;
    if (token_.is_sign(')')) --depth;
    if (Status status = next(); !status.ok()) return status;
  }
  return {};
}

Status DumpReader::skip_words() {
  do {
    if (Status status = next(); !status.ok()) return status;
  } while (token_.is_word("INTO") || token_.is_word("IGNORE") || token_.is_word("DELAYED") ||
           token_.is_word("LOW_PRIORITY") || token_.is_word("HIGH_PRIORITY"));
  return {};
}

Status DumpReader::read_insert() {
  if (Status status = skip_words(); !status.ok()) return status;
  std::string table;
  if (Status status = read_table(table); !status.ok()) return status;
  std::vector<std::string> columns;
  if (token_.is_sign('(')) {
    if (Status status = read_column_list(columns); !status.ok()) return status;
  } else if (const auto known = columns_of_.find(table); known != columns_of_.end()) {
    columns = known->second;
  } else {
    return Error{"rows without the names of their columns, and no CREATE TABLE before them"};
  }
  if (!token_.is_word("VALUES") && !token_.is_word("VALUE")) return unexpected("in an INSERT");
  return read_rows(table, columns);
}

Status DumpReader::read_column_list(std::vector<std::string>& columns) {
  do {
    if (Status status = next(); !status.ok()) return status;
    if (!is_name(token_) || columns.size() >= kMaxColumns) return unexpected("in a list of columns");
    columns.push_back(lower_case(token_.text));
    if (Status status = next(); !status.ok()) return status;
  } while (token_.is_sign(','));
  if (!token_.is_sign(')')) return unexpected("in a list of columns");
  return next();
}

Status DumpReader::read_rows(const std::string& table, const std::vector<std::string>& columns) {
  do {
    if (Status status = next(); !status.ok()) return status;
    if (Status status = read_row(table, columns); !status.ok()) return status;
    if (Status status = next(); !status.ok()) return status;
  } while (token_.is_sign(','));
  if (token_.is_word("ON")) return skip_statement();  // DUPLICATE KEY UPDATE …
  if (token_.kind != SqlTokenKind::kStatementEnd) return unexpected("behind a row");
  return {};
}

Status DumpReader::read_row(const std::string& table, const std::vector<std::string>& columns) {
  if (!token_.is_sign('(')) return unexpected("in front of a row");
  values_.resize(columns.size());
  size_t count = 0;
  do {
    if (Status status = next(); !status.ok()) return status;
    if (count == columns.size()) return Error{"a row of " + table + " has more values than it has columns"};
    if (Status status = read_value(values_[count++]); !status.ok()) return status;
  } while (token_.is_sign(','));
  if (!token_.is_sign(')')) return unexpected("in a row");
  if (count < columns.size()) return Error{"a row of " + table + " has fewer values than it has columns"};
  return visit_({table, columns, values_});
}

// Ends behind the value.
Status DumpReader::read_value(DumpValue& value) {
  value.null = false;
  value.cut = token_.cut;
  if (token_.kind == SqlTokenKind::kString || (token_.kind == SqlTokenKind::kWord && is_number(token_.text))) {
    std::swap(value.text, token_.text);
    return next();
  }
  if (token_.is_word("NULL") || token_.is_word("DEFAULT")) {
    value.null = true;
    return next();
  }
  if (token_.is_word("TRUE") || token_.is_word("FALSE")) {
    value.text = token_.is_word("TRUE") ? "1" : "0";
    return next();
  }
  return read_introduced(value);
}

// _binary '…', _utf8mb4 '…', N'…', X'…'
Status DumpReader::read_introduced(DumpValue& value) {
  const bool hex = token_.is_word("X");
  const bool known = hex || token_.is_word("N") || token_.is_word("B") ||
                     (token_.kind == SqlTokenKind::kWord && token_.text.front() == '_');
  if (!known) return unexpected("for a value");
  if (Status status = next(); !status.ok()) return status;
  if (token_.kind != SqlTokenKind::kString) return unexpected("for a value");
  value.cut = token_.cut;
  std::swap(value.text, token_.text);
  if (hex && !decode_hex(std::string(value.text), value.text)) return unexpected("for a value");
  return next();
}

}  // namespace talkbeat
