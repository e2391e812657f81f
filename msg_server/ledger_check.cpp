#include "msg_server/ledger_check.h"

#include <algorithm>
#include <string>

#include "base/log.h"

namespace talkbeat {

namespace {

std::string figures_of(const std::array<std::optional<LedgerEntry>, 4>& side, const LedgerSheet& sheet) {
  std::string text;
  for (const auto& entry : side) {
    if (!entry) continue;
    text.append(text.empty() ? "" : " ").append(name_of(*entry)).append(" ").append(std::to_string(sheet.of(*entry)));
  }
  return text;
}

void report(const LedgerAccount& account, const LedgerBalance& balance, const LedgerSheet& sheet) {
  log_error("ledger_does_not_balance", {{"account", account.name},
                                        {"missing", balance.missing},
                                        {"in", figures_of(account.in, sheet)},
                                        {"out", figures_of(account.out, sheet)},
                                        {"under_way", balance.under_way}});
}

}  // namespace

LedgerSheet ledger_sheet(const MsgServerParts& server) {
  LedgerSheet sheet{
      .entries = server.ledger.entries(), .in_store = server.store.unanswered(), .waiting = server.groups.waiting()};
  sheet.of(LedgerEntry::kCommitted) = server.store.stats().messages;
  sheet.of(LedgerEntry::kFirstTimes) = server.delivery.first_times();
  return sheet;
}

uint64_t place_before(uint64_t sequence, uint64_t unanswered) {
  return sequence - std::min(sequence, unanswered);
}

LedgerCheck::LedgerCheck(const MsgServerParts& server, Metrics& metrics)
    : server_(server), timer_(server.loop.timers(), [this] { look(); }) {
  export_to(metrics);
}

void LedgerCheck::start() {
  timer_.start_every(server_.config.ledger_interval_ms);
}

size_t LedgerCheck::look() {
  const LedgerSheet now = sheet();
  size_t unbalanced = 0;
  for (size_t i = 0; i < kLedgerAccounts; ++i) {
    const LedgerAccount& account = ledger_accounts()[i];
    const LedgerBalance result = balance(account, now);
    if (result.balanced()) continue;
    ++unbalanced;
    if (!reported_[i]) report(account, result, now);
    reported_.set(i);
  }
  return unbalanced;
}

void LedgerCheck::export_to(Metrics& metrics) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kLedgerEntries; ++i) names.push_back(name_of(static_cast<LedgerEntry>(i)));
  auto entries = metrics.counters("talkbeat_ledger_total", "What became of messages, and of the sessions' copies.",
                                  "entry", names);
  std::vector<Gauge> missing;
  for (const LedgerAccount& account : ledger_accounts()) {
    missing.push_back(metrics.gauge("talkbeat_ledger_missing",
                                    "Messages or copies lost (above 0) or doubled (below 0) inside of this server.",
                                    {{"account", std::string(account.name)}}));
  }
  Gauge unbalanced = metrics.gauge("talkbeat_ledger_unbalanced", "Accounts of the ledger that do not balance.");
  metrics.before_render([=, this]() mutable {
    const LedgerSheet now = sheet();
    for (size_t i = 0; i < kLedgerEntries; ++i) {
      entries[i].add(static_cast<double>(now.entries[i]) - entries[i].value());
    }
    for (size_t i = 0; i < kLedgerAccounts; ++i) {
      missing[i].set(static_cast<double>(balance(ledger_accounts()[i], now).missing));
    }
    unbalanced.set(static_cast<double>(look()));
  });
}

}  // namespace talkbeat
