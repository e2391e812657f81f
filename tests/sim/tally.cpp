#include "tests/sim/tally.h"

#include <cstdio>

namespace talkbeat::sim {

namespace {

constexpr std::array<std::string_view, kHappenings> kWords{
    "short read",
    "short write",
    "split piece",
    "slow host",
    "lossy host",
    "retransmission",
    "partition",
    "one-way partition",
    "host cut off",
    "reset",
    "connect refused",
    "reset in backlog",
    "out of handles",
    "slow reader",
    "login_server killed",
    "login_server stopped",
    "login_server paused",
    "msg_server killed",
    "msg_server vanished",
    "msg_server drained",
    "msg_server paused",
    "client killed",
    "client vanished",
    "client paused",
    "client left",
    "rival login",
    "store stalled",
    "commit failed",
    "commit before crash",
    "crash before commit",
    "wall clock jump",
    "connected",
    "window full",
    "user timeout",
    "sent to user",
    "sent to group",
    "acked",
    "stored",
    "shown",
    "shown of other device",
    "marked read",
    "synced",
    "reconnected",
    "moved",
    "kicked",
    "slow consumer closed",
    "slow link closed",
    "silent closed",
    "presence checked",
};

constexpr size_t kColumns = 3;

}  // namespace

std::string_view to_string(Happening happening) {
  return kWords[static_cast<size_t>(happening)];
}

std::string Tally::table() const {
  std::string text;
  const size_t rows = (kHappenings + kColumns - 1) / kColumns;
  for (size_t row = 0; row < rows; ++row) {
    for (size_t i = row; i < kHappenings; i += rows) {
      char cell[64];
      std::snprintf(cell, sizeof cell, "%-22.*s %12llu   ", static_cast<int>(kWords[i].size()), kWords[i].data(),
                    static_cast<unsigned long long>(counts_[i]));
      text += cell;
    }
    text += "\n";
  }
  return text;
}

}  // namespace talkbeat::sim
