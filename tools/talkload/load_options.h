#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace talkbeat::load {

enum class ScenarioKind : uint8_t { kLogin, kIdle, kChat, kRelay, kGroup, kMixed, kReconnect, kSoak };

/// Exit codes, as --help tells them.
inline constexpr int kExitFine = 0;
inline constexpr int kExitNotVerified = 1;  ///< a message was lost, doubled or out of order; connections were closed
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNoConnection = 3;   ///< no cluster, or clients could not connect or log in
inline constexpr int kExitInterrupted = 130;  ///< by a signal, before its time
inline constexpr int kExitBroken = 4;         ///< a load process ended by itself, or a file could not be written

/// What the command line says. A plain value; every process has the same. Times in milliseconds.
struct LoadOptions {
  ScenarioKind scenario = ScenarioKind::kChat;

  // Where to.
  std::string dir;    // of a local cluster; empty: --login
  std::string login;  // HOST:PORT of a login_server
  std::string prefix = "load-";
  std::string password = "load";
  bool with_passwords = false;
  int msg_server = -1;       // all clients there; -1: dealt out
  bool across = false;       // the two of a pair on different msg_servers
  bool find_server = false;  // each client asks a login_server, as real ones do

  // How much.
  uint32_t clients = 1'000;
  uint32_t pairs = 100;
  uint32_t groups = 1;
  uint32_t members = 100;  // of each group
  uint32_t senders = 1;    // of each group
  uint32_t window = 16;    // closed loop: messages in flight for each sender
  double rate = 0;         // open loop: messages a second in all; 0: closed loop
  uint32_t size = 64;      // bytes of content
  int64_t duration_ms = 10'000;
  int64_t warmup_ms = 1'000;
  uint32_t heartbeat_ms = 20'000;
  bool member_acks = false;      // members of groups confirm each message, too
  uint32_t read_ack_ms = 1'000;  // a receiver says so often what it has seen; 0: never

  // How.
  uint32_t processes = 1;
  uint64_t seed = 1;
  double connect_rate = 0;        // new connections a second in all; 0: as they are accepted
  uint32_t source_addresses = 0;  // 127.0.0.1 … ; 0: as many as the servers' limit for one address needs
  int64_t connect_timeout_ms = 60'000;
  int64_t grace_ms = 10'000;  // for stragglers
  bool drain = false;         // reconnect: leave in good order instead of kill -9
  int64_t disturb_every_ms = 5'000;

  // What it says.
  std::string json_path;
  std::string report_path;
  bool count_syscalls = false;
  bool quiet = false;

  /// Clients of the whole run.
  uint32_t all_clients() const;
  bool has_pairs() const {
    return scenario == ScenarioKind::kChat || scenario == ScenarioKind::kRelay ||
           scenario == ScenarioKind::kReconnect || mixes();
  }
  bool has_groups() const { return scenario == ScenarioKind::kGroup || mixes(); }
  bool mixes() const { return scenario == ScenarioKind::kMixed || scenario == ScenarioKind::kSoak; }
  bool sends_messages() const { return scenario != ScenarioKind::kLogin && scenario != ScenarioKind::kIdle; }
};

const char* word_for(ScenarioKind scenario);

/// The arguments; or nothing, with the exit code in `exit_code`: 0 after --help and --version, which have been printed,
/// 2 after a wrong command line, which has been named on stderr.
std::optional<LoadOptions> parse_command_line(int argc, const char* const* argv, int& exit_code);

}  // namespace talkbeat::load
