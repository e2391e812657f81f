#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/scenario/deadline.h"

namespace talkbeat::scenario {

/// How a program ended: its exit code (128 + signal where one killed it), and all that it wrote.
struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// One program, started in the constructor. Killed in the destructor where it still runs.
///
///   Program bob({cluster.program("talkchat"), "--user", "bob", …, "recv", "--count", "1"});
///   EXPECT_EQ(bob.wait().exit_code, 0);
class Program {
 public:
  enum class Input { kEmpty, kTyped };

  explicit Program(const std::vector<std::string>& arguments, Input input = Input::kEmpty);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  /// A line for its stdin, where that is kTyped; nothing where it has ended.
  void type(const std::string& line) const;
  void end_input();
  /// What it has written to stdout until now.
  const std::string& written();
  /// Throws where it has not ended in time.
  Outcome wait(milliseconds timeout = 90s);

 private:
  static void drain(int& fd, std::string& into);

  std::string shown_;
  Outcome outcome_;
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
};

inline Outcome run(const std::vector<std::string>& arguments, milliseconds timeout = 90s) {
  return Program(arguments).wait(timeout);
}

/// Lines of a text, without empty ones.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace talkbeat::scenario
