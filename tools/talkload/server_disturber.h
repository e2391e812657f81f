#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "tools/talkload/load_options.h"

namespace talkbeat::load {

/// Takes the msg_servers of a local cluster away, one after the other, and brings each back: by kill -9 and a new start
/// half a second later, or by draining (SIGTERM, as talkctl drain) and a new start when it has left. A server is
/// started as it was: the same program, arguments, directory, output, and it is written down in DIR as start.sh does,
/// so that stop.sh finds it. What DIR has not written down with the time at which it began is left alone: its pid may
/// be anybody's by now. The parent's thread.
///
///   ServerDisturber disturber(options, servers);
///   disturber.look(now_ms, allowed);  // some times a second
///   disturber.put_right();            // at the end: brings back what is down
class ServerDisturber {
 public:
  ServerDisturber(const LoadOptions& options, uint32_t msg_servers);

  /// `allowed`: a new disturbance may begin.
  void look(int64_t now_ms, bool allowed);
  void put_right();

  uint32_t disturbances() const { return disturbances_; }
  /// What could not be done, in words.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  /// How a process was started.
  struct Recipe {
    std::string program;
    std::string directory;
    std::vector<std::string> arguments;
  };
  enum class Stage : uint8_t { kWaiting, kLeaving, kDown };

  std::optional<pid_t> running() const;
  void take_away();
  void bring_back();
  bool is_back() const;
  std::string path(const std::string& suffix) const { return dir_ + "/" + name_ + suffix; }

  std::string dir_;
  bool drain_;
  int64_t every_ms_;
  uint32_t msg_servers_;
  Stage stage_ = Stage::kWaiting;
  int64_t next_ms_ = -1;
  uint32_t turn_ = 0;
  std::string name_;  // which one is being disturbed
  pid_t pid_ = 0;
  Recipe recipe_;
  uint32_t disturbances_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace talkbeat::load
