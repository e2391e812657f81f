#include <filesystem>
#include <iostream>

#include "base/json_text.h"
#include "msg_server/store/sqlite_database.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/cli.h"
#include "tools/talkctl/ledger_report.h"

// talkctl ledger: is every message that the msg_servers have taken accounted for?
namespace talkbeat {

namespace {

constexpr const char* kLedgerExamples = R"(
Examples:
  talkctl ledger
  talkctl ledger --json

Each msg_server counts, since its start, what becomes of messages on their way through it: what it was sent, what the
store has answered, what senders were told, and which sessions got a copy. Each account has two sides that are counted in
different places, and balances at any moment, also under load ("under way" is no fault). "missing": lost inside of the
server; "too many": doubled. OPERATIONS.md says what the entries mean and what to do.

Exit codes:
  0  balanced      1  not, or a msg_server did not answer      2  wrong command line)";

// Asked for after the servers: it has to have all that they have counted.
std::optional<uint64_t> latest_in_store(const ClusterFiles& files) {
  if (!std::filesystem::exists(files.database_path())) return std::nullopt;
  auto opened = SqliteDatabase::open({.path = files.database_path(), .upkeep_in_commit = true});
  if (!opened.ok()) return std::nullopt;
  const StoreResult<uint64_t> latest = opened.value()->latest_sequence();
  return latest.ok() ? std::optional(latest.value()) : std::nullopt;
}

LedgerReport ask_all(const AdminClient& admin) {
  LedgerReport report;
  for (int i = 0; i < admin.files().msg_servers; ++i) {
    const std::string name = AdminClient::name_of(i);
    const Result<AdminClient::Json> page = admin.ask_server(i, "GET", "/api/ledger");
    Result<ServerLedger> ledger = page.ok() ? read_ledger(name, page.value()) : Error{page.message()};
    if (ledger.ok()) {
      report.servers.push_back(std::move(ledger.value()));
    } else {
      report.silent.push_back(ledger.message());
    }
  }
  report.store_at = latest_in_store(admin.files());
  return report;
}

int show_ledger(const CommandLine& line) {
  const Result<AdminClient> admin = AdminClient::open(line.dir);
  if (!admin.ok()) return fail(admin.message());
  const LedgerReport report = ask_all(admin.value());
  std::cout << (line.json ? json_text(report.json(), 2) + "\n" : report.text());
  for (const std::string& why : report.silent) std::cerr << "talkctl: " << printable(why) << "\n";
  return report.balanced() ? 0 : kExitFailed;
}

}  // namespace

void declare_ledger(CLI::App& app, CommandLine& line) {
  CLI::App* made = add_command(app, line, "ledger", "Is every message accounted for? Exit code 1 where not",
                               [&line] { return show_ledger(line); });
  made->footer(kLedgerExamples);
}

}  // namespace talkbeat
