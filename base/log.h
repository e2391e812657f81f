#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/log_line.h"
#include "base/status.h"

namespace talkbeat {

class OptionTable;

/// The level says who must act: error: somebody, now; warn: somebody, today; info: nobody; debug: a developer looks.
enum class LogLevel { kDebug, kInfo, kWarn, kError };

struct LogConfig {
  std::string file;
  LogLevel level = LogLevel::kInfo;
  int64_t rotate_size = 64 << 20;
  uint32_t rotate_keep = 5;
  uint32_t max_per_second = 1000;
};

/// Declares section [log].
void describe(OptionTable& table, LogConfig& config);

/// The process's log: the one thing that is there once and reached from everywhere, since what breaks anywhere must be
/// able to say so. Until configured it writes to stderr from info on. Called at the start, and again after each
/// reload: then level and max_per_second change, and file, which needs a restart, does not. Fails where the file cannot
/// be opened. Every function here may be called from any thread; none throws.
///
///   log_info("client_closed", {{"conn", id}, {"reason", "silent"}, {"peer", address}});
///   2026-01-31T12:34:56.789Z info  client_closed conn=17 reason=silent peer=1.2.3.4:5678
Status configure_logging(const LogConfig& config);

/// Hands the buffered lines to the kernel; the event loop calls it at the end of each turn. So a burst within a turn
/// costs one write, a kill -9 loses no line of an earlier turn, and whoever follows the file sees a line when it
/// happens. Warnings and errors do not wait for it, and without a file (stderr) no line does.
void flush_log();

namespace log_detail {
extern std::atomic<LogLevel> least_level;
void write(LogLevel level, std::string_view event, LogFields fields);
}  // namespace log_detail

/// For what is costly to gather; the functions below ask it themselves, before they format anything.
inline bool log_enabled(LogLevel level) {
  return level >= log_detail::least_level.load(std::memory_order_relaxed);
}

inline void log_event(LogLevel level, std::string_view event, LogFields fields = {}) {
  if (log_enabled(level)) log_detail::write(level, event, fields);
}

// Past max_per_second lines, those below error are dropped and counted: log_suppressed count=N.
inline void log_debug(std::string_view event, LogFields fields = {}) {
  log_event(LogLevel::kDebug, event, fields);
}
inline void log_info(std::string_view event, LogFields fields = {}) {
  log_event(LogLevel::kInfo, event, fields);
}
inline void log_warn(std::string_view event, LogFields fields = {}) {
  log_event(LogLevel::kWarn, event, fields);
}
inline void log_error(std::string_view event, LogFields fields = {}) {
  log_event(LogLevel::kError, event, fields);
}

}  // namespace talkbeat
