#include "tools/talkctl/table.h"

#include <algorithm>
#include <cstdint>

#include "tools/client/terminal_text.h"

namespace talkbeat {

Table::Table(std::vector<std::string> heading) : Table(std::move(heading), SIZE_MAX) {}

Table::Table(std::vector<std::string> heading, size_t first_right) : first_right_(first_right) {
  add(std::move(heading));
}

void Table::add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - display_width(row[i]), ' ');
      if (i >= first_right_) line += padding + row[i];
      if (i < first_right_) line += row[i] + (i + 1 < row.size() ? padding : "");
      if (i + 1 < row.size()) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace talkbeat
