#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "msg_server/ledger.h"

namespace talkbeat {

/// The ledger of one msg_server, as GET /api/ledger has it.
struct ServerLedger {
  std::string server;
  LedgerSheet sheet;
  std::optional<uint64_t> began_at;  ///< see Ledger::began_at
};

/// Fails where a figure is missing: the server is of another version, or no msg_server.
Result<ServerLedger> read_ledger(const std::string& server, const nlohmann::ordered_json& page);

/// What the msg_servers of a cluster have counted, and what the store says to it. Whether it balances is worked out
/// here, by the same accounts as in the servers. Pure.
///
///   LedgerReport report{{ledgers…}, {}, latest_sequence};
///   std::cout << report.text();
///   return report.balanced() ? 0 : 1;
struct LedgerReport {
  std::vector<ServerLedger> servers;
  std::vector<std::string> silent{};      ///< "msg_server_1: why it has said nothing"
  std::optional<uint64_t> store_at = {};  ///< how far the store had got after all of them had answered

  /// All servers together.
  LedgerSheet sum() const;
  /// Messages that servers count as stored and the store does not have; nothing where that cannot be told.
  std::optional<uint64_t> not_in_store() const;
  /// All msg_servers have answered, each balances, and the store has what they have stored.
  bool balanced() const;
  /// The same of those that have answered.
  bool what_is_there_balances() const;

  std::string text() const;
  nlohmann::ordered_json json() const;
};

}  // namespace talkbeat
