#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "tools/talkcheck/check.h"
#include "tools/talkcheck/report.h"

namespace talkbeat::check {

/// Runs checks against servers, all of them at the same time, so that the whole takes about as long as the longest one;
/// those that stop the server come last, one after the other. A check that fails while this program itself got no
/// processor in time says little about the other side, and is tried once more. The loop's thread only.
///
///   ServerRun run(context, checks, [&] { loop.stop(); });
///   run.start();
class ServerRun {
 public:
  /// The rows are in the order of `checks`.
  ServerRun(Context& context, std::vector<const Check*> checks, std::function<void()> on_end);

  void start();
  const std::vector<Row>& rows() const { return rows_; }
  /// About how long all of it takes.
  Tick expected_duration() const;

 private:
  void start_all();
  Detached run(size_t index);
  void look_at_lag();
  void ended();

  Context& context_;
  std::vector<const Check*> checks_;
  std::function<void()> on_end_;
  std::vector<Row> rows_;
  std::deque<size_t> alone_;
  size_t running_ = 0;
  Tick stumbled_at_ = 0;  // when a turn of the loop was last seen to have come late
};

}  // namespace talkbeat::check
