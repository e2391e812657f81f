#include "tools/talkcheck/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/json_text.h"
#include "tools/talkcheck/words.h"

namespace talkbeat::check {

namespace {

using Line = std::vector<std::string>;

const char* word(Mark mark) {
  switch (mark) {
    case Mark::kWaiting:
    case Mark::kRunning:
      return "-";
    case Mark::kPassed:
      return "PASS";
    case Mark::kFailed:
      return "FAIL";
    case Mark::kOff:
      return "OFF";
  }
  return "";
}

// In characters; all of them are one column wide.
size_t width(const std::string& text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

void print_columns(std::ostream& out, const std::vector<Line>& lines) {
  std::vector<size_t> widths(lines.front().size(), 0);
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  }
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      out << line[i];
      if (i + 1 < line.size()) out << std::string(widths[i] - width(line[i]) + 2, ' ');
    }
    out << "\n";
  }
}

}  // namespace

size_t count(const std::vector<Row>& rows, Mark mark) {
  return static_cast<size_t>(std::ranges::count(rows, mark, &Row::mark));
}

void print_table(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<Line> lines{{"RESULT", "BEHAVIOUR", "EXPECTED", "MEASURED"}};
  for (const Row& row : rows) lines.push_back({word(row.mark), row.name, row.expected, row.measured});
  print_columns(out, lines);
  out << "\n"
      << count(rows, Mark::kPassed) << " passed, " << count(rows, Mark::kFailed) << " failed, "
      << count(rows, Mark::kOff) << " not tested\n";
}

void print_json(std::ostream& out, const std::vector<Row>& rows) {
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    checks.push_back({{"name", row.name},
                      {"result", word(row.mark)},
                      {"rule", row.rule},
                      {"expected", row.expected},
                      {"measured", row.measured},
                      {"took_ms", row.took}});
  }
  const nlohmann::ordered_json report{{"passed", count(rows, Mark::kPassed)},
                                      {"failed", count(rows, Mark::kFailed)},
                                      {"off", count(rows, Mark::kOff)},
                                      {"checks", checks}};
  out << json_text(report, 2) << "\n";
}

void print_list(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<Line> lines{{"BEHAVIOUR", "RULE", "EXPECTED"}};
  for (const Row& row : rows) lines.push_back({row.name, row.rule, row.expected});
  print_columns(out, lines);
}

int exit_code(const std::vector<Row>& rows) {
  return count(rows, Mark::kFailed) == 0 && count(rows, Mark::kPassed) > 0 ? 0 : 1;
}

}  // namespace talkbeat::check
