#include "tools/talkctl/ledger_report.h"

#include <algorithm>

#include "tools/talkctl/table.h"

namespace talkbeat {

namespace {

using Json = nlohmann::ordered_json;
using Side = std::array<std::optional<LedgerEntry>, 4>;

std::optional<uint64_t> number_in(const Json& json, std::string_view key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  const bool there = json.is_object() && found != json.end() && found->is_number_unsigned();
  return there ? std::optional(found->get<uint64_t>()) : std::nullopt;
}

std::string sum_of(const Side& side) {
  std::string text;
  for (const auto& entry : side) {
    if (entry) text.append(text.empty() ? "" : " + ").append(name_of(*entry));
  }
  return text;
}

std::string equation(const LedgerAccount& account) {
  return sum_of(account.in) + " = " + sum_of(account.out);
}

std::string verdict(const LedgerBalance& balance) {
  if (balance.missing > 0) return std::to_string(balance.missing) + " missing";
  if (balance.missing < 0) return std::to_string(-balance.missing) + " too many";
  return balance.under_way > 0 ? std::to_string(balance.under_way) + " under way" : "balanced";
}

Json json_of(const LedgerSheet& sheet) {
  Json entries = Json::object();
  for (size_t i = 0; i < kLedgerEntries; ++i) {
    entries[std::string(name_of(static_cast<LedgerEntry>(i)))] = sheet.entries[i];
  }
  Json accounts = Json::array();
  for (const LedgerAccount& account : ledger_accounts()) {
    const LedgerBalance result = balance(account, sheet);
    accounts.push_back({{"account", std::string(account.name)},
                        {"equation", equation(account)},
                        {"in", result.in},
                        {"out", result.out},
                        {"under_way", result.under_way},
                        {"missing", result.missing}});
  }
  return {{"balanced", balanced(sheet)}, {"entries", std::move(entries)}, {"accounts", std::move(accounts)}};
}

/// A line for each entry, a column for each server and one for all together.
std::string entries_text(const std::vector<ServerLedger>& columns) {
  std::vector<std::string> heading{"ENTRY"};
  for (const ServerLedger& column : columns) heading.push_back(column.server);
  Table table(heading, 1);
  for (size_t i = 0; i < kLedgerEntries; ++i) {
    std::vector<std::string> row{std::string(name_of(static_cast<LedgerEntry>(i)))};
    for (const ServerLedger& column : columns) row.push_back(std::to_string(column.sheet.entries[i]));
    table.add(std::move(row));
  }
  return table.text();
}

std::string accounts_text(const std::vector<ServerLedger>& columns) {
  std::vector<std::string> heading{"ACCOUNT"};
  for (const ServerLedger& column : columns) heading.push_back(column.server);
  heading.emplace_back("EQUATION");
  Table table(heading);
  for (const LedgerAccount& account : ledger_accounts()) {
    std::vector<std::string> row{std::string(account.name)};
    for (const ServerLedger& column : columns) row.push_back(verdict(balance(account, column.sheet)));
    row.push_back(equation(account));
    table.add(std::move(row));
  }
  return table.text();
}

}  // namespace

Result<ServerLedger> read_ledger(const std::string& server, const Json& page) {
  ServerLedger ledger{server, {}, number_in(page, "began_at")};
  const Json entries = page.is_object() ? page.value("entries", Json()) : Json();
  for (size_t i = 0; i < kLedgerEntries; ++i) {
    const std::string_view name = name_of(static_cast<LedgerEntry>(i));
    const auto figure = number_in(entries, name);
    if (!figure) return Error{server + ": its ledger has no \"" + std::string(name) + "\""};
    ledger.sheet.entries[i] = *figure;
  }
  const auto in_store = number_in(page, "in_store");
  const auto waiting = number_in(page, "waiting");
  if (!in_store || !waiting) return Error{server + ": its ledger does not say what is under way"};
  ledger.sheet.in_store = *in_store;
  ledger.sheet.waiting = *waiting;
  return ledger;
}

LedgerSheet LedgerReport::sum() const {
  LedgerSheet all;
  for (const ServerLedger& server : servers) all += server.sheet;
  return all;
}

// A server that was killed has taken its count along, so the store may have more, but never less.
std::optional<uint64_t> LedgerReport::not_in_store() const {
  if (!store_at || servers.empty()) return std::nullopt;
  uint64_t began_at = UINT64_MAX;
  for (const ServerLedger& server : servers) {
    if (!server.began_at) return std::nullopt;
    began_at = std::min(began_at, *server.began_at);
  }
  const uint64_t in_store = *store_at - std::min(*store_at, began_at);
  const uint64_t counted = sum().of(LedgerEntry::kStored);
  return counted - std::min(counted, in_store);
}

bool LedgerReport::balanced() const {
  return silent.empty() && !servers.empty() && what_is_there_balances();
}

bool LedgerReport::what_is_there_balances() const {
  const auto fine = [](const ServerLedger& server) { return talkbeat::balanced(server.sheet); };
  return std::ranges::all_of(servers, fine) && not_in_store().value_or(0) == 0;
}

std::string LedgerReport::text() const {
  std::vector<ServerLedger> columns = servers;
  if (servers.size() > 1) columns.push_back({"ALL", sum(), {}});
  std::string text = entries_text(columns) + "\n" + accounts_text(columns) + "\n";
  const auto lost = not_in_store();
  if (!lost) {
    text += "whether the store has what they have stored cannot be told now\n";
  } else if (*lost > 0) {
    text += std::to_string(*lost) + " messages that they count as stored are not in the store\n";
  }
  if (!what_is_there_balances()) return text + "NOT balanced\n";
  return text + (balanced() ? "balanced\n"
                            : "not complete: not every msg_server has answered; those that have are balanced\n");
}

Json LedgerReport::json() const {
  Json list = Json::array();
  for (const ServerLedger& server : servers) {
    Json entry = json_of(server.sheet);
    entry["server"] = server.server;
    list.push_back(std::move(entry));
  }
  const auto lost = not_in_store();
  return {{"balanced", balanced()},
          {"servers", std::move(list)},
          {"all", json_of(sum())},
          {"not_in_store", lost ? Json(*lost) : Json()},
          {"silent", silent}};
}

}  // namespace talkbeat
