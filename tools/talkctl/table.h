#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace talkbeat {

/// Rows of text under a heading, in columns that line up whatever script they are written in. Bytes that could steer a
/// terminal are escaped. Columns that hold numbers read better aligned to the right.
///
///   Table table({"NAME", "USERS"});
///   table.add({"msg_server_0", "17"});
///   std::cout << table.text();
class Table {
 public:
  explicit Table(std::vector<std::string> heading);
  /// Columns from this one on (0-based) are aligned to the right.
  Table(std::vector<std::string> heading, size_t first_right);

  void add(std::vector<std::string> row);
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  size_t first_right_;
};

}  // namespace talkbeat
