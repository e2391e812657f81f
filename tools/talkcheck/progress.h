#pragma once

#include <string>
#include <vector>

#include "base/event_loop.h"
#include "tools/talkcheck/report.h"

namespace talkbeat::check {

/// One line on a terminal's stderr that says how far it is; nothing where stderr is no terminal.
class Progress {
 public:
  /// `rows` outlive it. `expected`: how long it takes; 0: nobody knows.
  Progress(EventLoop& loop, const std::vector<Row>& rows, Tick expected);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void show() const;

  EventLoop& loop_;
  const std::vector<Row>& rows_;
  Tick begin_;
  Tick expected_;
  bool terminal_;
  Timer timer_;
};

}  // namespace talkbeat::check
