#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "base/clock.h"

namespace talkbeat::check {

enum class Mark { kWaiting, kRunning, kPassed, kFailed, kOff };

/// One behaviour, and what came of it.
struct Row {
  std::string name;
  std::string rule;
  std::string expected;
  Mark mark = Mark::kWaiting;
  std::string measured;
  Tick took = 0;
};

size_t count(const std::vector<Row>& rows, Mark mark);

/// RESULT, BEHAVIOUR, EXPECTED, MEASURED in columns that line up, then one line that counts.
void print_table(std::ostream& out, const std::vector<Row>& rows);
void print_json(std::ostream& out, const std::vector<Row>& rows);
/// NAME, RULE, EXPECTED: what there is.
void print_list(std::ostream& out, const std::vector<Row>& rows);

/// 0: nothing failed, and something was tested.
int exit_code(const std::vector<Row>& rows);

}  // namespace talkbeat::check
