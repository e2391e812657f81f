#pragma once

#include <string>
#include <vector>

namespace talkbeat {

/// Rows of text under a heading, in columns that line up whatever script they are written in. Bytes that could steer a
/// terminal are escaped.
///
///   Table table({"NAME", "USERS"});
///   table.add({"msg_server_0", "17"});
///   std::cout << table.text();
class Table {
 public:
  explicit Table(std::vector<std::string> heading);

  void add(std::vector<std::string> row);
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace talkbeat
