#include "base/reload.h"

#include <algorithm>

namespace talkbeat {

bool reload(OptionTable& table, const LogConfig& log) {
  LogConfig more_talkative = log;
  const Result<ReloadReport> report = table.reload();
  if (!report.ok()) {
    log_error("reload_failed", {{"why", report.message()}});
    return false;
  }
  // Else nobody would be told of a change from warn to info, or the other way round.
  more_talkative.level = std::min(more_talkative.level, log.level);
  Status status = configure_logging(more_talkative);
  for (const OptionChange& change : report.value().changed) {
    log_info("setting_changed", {{"key", change.key}, {"from", change.old_value}, {"to", change.new_value}});
  }
  for (const OptionChange& change : report.value().needs_restart) {
    log_warn("setting_needs_restart", {{"key", change.key}, {"is", change.old_value}, {"wanted", change.new_value}});
  }
  if (status.ok()) status = configure_logging(log);
  if (!status.ok()) log_error("log_not_reconfigured", {{"why", status.message()}});
  log_info("reloaded");
  return true;
}

}  // namespace talkbeat
