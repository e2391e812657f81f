#pragma once

#include "base/log.h"
#include "base/options.h"

namespace talkbeat {

/// SIGHUP: reads the settings again, and the log's along with them; each change, and each that needs a restart, is a
/// line in the log. False: the file is wrong, which has been logged, and everything stays as it was. Called by main(),
/// on the loop's thread.
///
///   (void)reload(table, config.log);
///   server.settings_changed();  // in any case: the files that settings name are read again
bool reload(OptionTable& table, const LogConfig& log);

}  // namespace talkbeat
