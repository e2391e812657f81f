#pragma once

#include <bitset>
#include <vector>

#include "base/metrics.h"
#include "base/timer_list.h"
#include "msg_server/ledger.h"
#include "msg_server/parts.h"

namespace talkbeat {

/// The server's ledger with what others have counted for it, and what is under way now.
LedgerSheet ledger_sheet(const MsgServerParts& server);

/// A place in the store's order that all lies behind which is counted as stored from now on. The store had got to
/// `sequence` when it was asked; it may have done any of the writes before that it has not answered yet.
uint64_t place_before(uint64_t sequence, uint64_t unanswered);

/// Looks every server.ledger_interval whether the ledger balances. An account that does not is an error in the log,
/// with its figures, once: what is lost stays lost. Exports the ledger as metrics. Owned by MsgServer; the loop's
/// thread only.
///
///   LedgerCheck check(parts, metrics);
///   check.start();
///   if (!balanced(check.sheet())) …
class LedgerCheck {
 public:
  LedgerCheck(const MsgServerParts& server, Metrics& metrics);

  void start();
  /// What the timer does. Returns how many accounts do not balance now.
  size_t look();
  LedgerSheet sheet() const { return ledger_sheet(server_); }

 private:
  void export_to(Metrics& metrics);

  const MsgServerParts& server_;
  Timer timer_;
  std::bitset<kLedgerAccounts> reported_;
};

}  // namespace talkbeat
