#pragma once

#include <string>

#include "base/metrics.h"

namespace talkbeat {

/// The counter of pushes that were not sent for this reason: one family, which several parts add to.
///
///   Counter overflowed = pushes_dropped(metrics, "overflow");
inline Counter pushes_dropped(Metrics& metrics, const std::string& reason) {
  return metrics.counter("talkbeat_pushes_dropped_total", "Pushes that were given up, and why.", {{"reason", reason}});
}

}  // namespace talkbeat
