#pragma once

#include <sys/types.h>

#include <string>

#include "base/status.h"

namespace talkbeat::check {

/// Makes the client under test say something: through the stdin of a command that this program has started, or by
/// asking the person in front of it. The command, and what it has started, is ended by stop() and in the
/// destructor.
class Speaker {
 public:
  Speaker() = default;
  ~Speaker();
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  /// Runs it with /bin/sh; what it prints is dropped.
  Status start(const std::string& command);
  void stop();
  void say_something();
  /// How long that may take, in milliseconds.
  int64_t patience() const { return pid_ > 0 ? 10'000 : 60'000; }

 private:
  pid_t pid_ = 0;
  int stdin_ = -1;
  int lines_ = 0;
};

}  // namespace talkbeat::check
