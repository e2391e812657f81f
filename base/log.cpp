#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <tuple>

#include "base/clock.h"
#include "base/log_limiter.h"
#include "base/options.h"

namespace talkbeat {
namespace {

std::string_view padded_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug ";
    case LogLevel::kInfo:
      return "info  ";
    case LogLevel::kWarn:
      return "warn  ";
    case LogLevel::kError:
      return "error ";
  }
  return "";
}

auto sink_settings(const LogConfig& config) {
  return std::tie(config.file, config.rotate_size, config.rotate_keep);
}

/// Ours: escaping, levels and the limit. spdlog's: time stamp, file, rotation, and complaining on stderr (once a second
/// at most) when the file cannot be written.
class Log {
 public:
  Log() { use(std::make_shared<spdlog::sinks::stderr_sink_st>()); }

  Status configure(const LogConfig& config) {
    const std::lock_guard lock(mutex_);
    if (!configured_ || sink_settings(config) != sink_settings(config_)) {
      Status status = open(config);
      if (!status.ok()) return status;
      limiter_ = LogLimiter(config.max_per_second);
    }
    configured_ = true;
    config_ = config;
    limiter_.set_max_per_second(config.max_per_second);
    log_detail::least_level.store(config.level, std::memory_order_relaxed);
    return {};
  }

  void write(LogLevel level, std::string_view event, LogFields fields) {
    const std::lock_guard lock(mutex_);
    used_.store(true, std::memory_order_relaxed);
    const Tick now = clock_.now();
    tell_dropped(now);
    const bool allowed = limiter_.allow(now);
    if (!allowed && level < LogLevel::kError) return;
    put(level, event, fields);
    if (level >= LogLevel::kWarn) flush_buffered();
  }

  void flush() {
    if (!used_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock(mutex_);
    tell_dropped(clock_.now());
    flush_buffered();
    used_.store(limiter_.has_dropped(), std::memory_order_relaxed);
  }

 private:
  Status open(const LogConfig& config) try {
    if (config.file.empty()) {
      use(std::make_shared<spdlog::sinks::stderr_sink_st>());
    } else {
      use(std::make_shared<spdlog::sinks::rotating_file_sink_st>(config.file, static_cast<size_t>(config.rotate_size),
                                                                 config.rotate_keep));
    }
    return {};
  } catch (const spdlog::spdlog_ex& error) {
    return Error{"log.file: " + std::string(error.what())};
  }

  void use(std::shared_ptr<spdlog::sinks::sink> sink) {
    logger_ = std::make_unique<spdlog::logger>("", std::move(sink));
    logger_->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
  }

  void put(LogLevel level, std::string_view event, LogFields fields) {
    line_ = padded_name(level);
    append_log_event(line_, event, fields);
    logger_->log(spdlog::level::info, spdlog::string_view_t(line_.data(), line_.size()));
    buffered_ = true;
  }

  void tell_dropped(Tick now) {
    if (const uint64_t count = limiter_.take_dropped(now)) put(LogLevel::kWarn, "log_suppressed", {{"count", count}});
  }

  void flush_buffered() {
    if (buffered_) logger_->flush();
    buffered_ = false;
  }

  std::mutex mutex_;
  LogConfig config_;
  LogLimiter limiter_{config_.max_per_second};
  SystemClock clock_;
  std::unique_ptr<spdlog::logger> logger_;
  std::string line_;  // reused: no allocation a line
  bool configured_ = false;
  bool buffered_ = false;
  std::atomic<bool> used_ = false;  // since the last flush: a turn in which nobody logs takes no lock
};

Log& process_log() {
  static Log log;
  return log;
}

}  // namespace

namespace log_detail {

std::atomic<LogLevel> least_level{LogLevel::kInfo};

void write(LogLevel level, std::string_view event, LogFields fields) {
  process_log().write(level, event, fields);
}

}  // namespace log_detail

void describe(OptionTable& table, LogConfig& config) {
  table.section("log", "One line an event: time (UTC), level, event, key=value pairs.");
  table.text("file", config.file, "Where the lines go; its directory is made where it is missing. Empty: stderr.");
  table
      .choice("level", config.level, {"debug", "info", "warn", "error"},
              "The least level that is written. debug writes several lines for each PDU.")
      .reloadable();
  table.bytes("rotate_size", config.rotate_size, {1 << 10, int64_t{1} << 40},
              "A file that has grown to this size is renamed (server.log becomes server.1.log), and a new one begun.");
  table.integer("rotate_keep", config.rotate_keep, {0, 1000}, "files", "Old files that are kept; the oldest goes.");
  table
      .integer("max_per_second", config.max_per_second, {1, 1'000'000}, "lines",
               "Past this many lines in a second, those below error are dropped and counted in a line "
               "log_suppressed: nobody can fill the disk by being a nuisance.")
      .reloadable();
}

Status configure_logging(const LogConfig& config) {
  return process_log().configure(config);
}

void flush_log() {
  process_log().flush();
}

}  // namespace talkbeat
