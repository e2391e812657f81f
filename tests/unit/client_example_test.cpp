// The program in the documentation of Client: here it is compiled.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tools/client/client.h"

namespace talkbeat::client_example {
#include "tests/unit/client_example.cpp"  // NOLINT: a whole program, which is not the tests'
}  // namespace talkbeat::client_example

namespace talkbeat {
namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream in(std::string(TALKBEAT_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// What stands in the comment from the first #include to the end of main(), without the comment's marks.
std::string documented_example() {
  static const std::string kMark = "///   ";
  std::istringstream header(text_of_file("tools/client/client.h"));
  std::string example;
  bool inside = false;
  for (std::string line; std::getline(header, line);) {
    inside = inside || line.starts_with(kMark + "#include");
    if (!inside) continue;
    if (!line.starts_with("///")) break;
    example += (line.size() > kMark.size() ? line.substr(kMark.size()) : "") + "\n";
  }
  return example;
}

TEST(ClientExample, is_what_is_compiled_here) {
  EXPECT_EQ(documented_example(), text_of_file("tests/unit/client_example.cpp"));
}

TEST(ClientExample, has_at_most_30_lines_and_includes_one_header_of_ours) {
  const std::string example = documented_example();
  EXPECT_LE(std::ranges::count(example, '\n'), 30);
  const size_t first = example.find("#include \"");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(example.find("#include \"", first + 1), std::string::npos);
}

// Nobody listens where it looks for a server; it is stopped before its first turn.
TEST(ClientExample, can_be_built_and_stopped) {
  client_example::Echo echo;
  echo.client.stop();
  echo.loop.events.run();
  EXPECT_EQ(echo.client.state(), ClientState::kClosed);
}

}  // namespace
}  // namespace talkbeat
