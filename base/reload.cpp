#include "base/reload.h"

namespace talkbeat {

bool reload(OptionTable& table, const LogConfig& log) {
  const Result<ReloadReport> report = table.reload();
  if (!report.ok()) {
    log_error("reload_failed", {{"why", report.message()}});
    return false;
  }
  for (const OptionChange& change : report.value().changed) {
    log_info("setting_changed", {{"key", change.key}, {"from", change.old_value}, {"to", change.new_value}});
  }
  for (const OptionChange& change : report.value().needs_restart) {
    log_warn("setting_needs_restart", {{"key", change.key}, {"is", change.old_value}, {"wanted", change.new_value}});
  }
  const Status status = configure_logging(log);
  if (!status.ok()) log_error("log_not_reconfigured", {{"why", status.message()}});
  log_info("reloaded");
  return true;
}

}  // namespace talkbeat
