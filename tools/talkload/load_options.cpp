#include "tools/talkload/load_options.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/option_value.h"
#include "tools/talkload/payload.h"

namespace talkbeat::load {

namespace {

constexpr uint32_t kMaxClients = 10'000'000;
constexpr uint32_t kMaxContent = 512 * 1024;
constexpr double kMixedRate = 500;  // messages a second, where nothing else is said
constexpr int64_t kLeastEveryMs = 1'000;
constexpr int64_t kReconnectGraceMs = 45'000;  // clients come back with backoff

constexpr const char* kFooter = R"(
Examples:
  tools/start.sh --dir run --set client.message_rate=1000000 --set client.message_burst=1000000 \
    --set client.request_rate=1000000 --set client.request_burst=1000000
  talkload relay --dir run --pairs 100 --window 16           as fast as it goes, 16 commands in flight for each pair
  talkload chat --dir run --pairs 1000 --across              stored messages; the two of a pair on different servers
  talkload chat --dir run --rate 1000 --duration 30s         open loop: latency at 1,000 messages a second
  talkload login --dir run --clients 1000 --window 64        how many logins a second, by token
  talkload login --dir run --passwords --window 8            the same by password
  talkload idle --dir run --clients 19000 --duration 1m      what a connection costs
  talkload group --dir run --groups 1 --members 1000         fan-out
  talkload reconnect --dir run --pairs 200 --rate 500        kill -9 a msg_server every 5 s: is anything lost?
  talkload soak --dir run --duration 8h --report soak.html   a bit of everything, for long
  talkload chat --login chat.example.org:8008 --prefix test --password secret     a cluster elsewhere

With --dir, users are made in the cluster's store as they are needed (load-1, load-2, …), and log in with session tokens
made with the cluster's key. With --login there must be users PREFIX1, PREFIX2, … with the one --password:
talkctl user add-many --prefix test --count 2000 --password secret

Each message carries who sent it, its number, and when it was meant to be sent. Each that was acked (relay: sent) has to
arrive once and in order; at the end talkload waits for stragglers (--grace), and then names what is missing. Servers
refuse what is above their limits (client.message_rate, client.max_connections_per_address, …): raise those for load,
since a run in which something was refused is not fine (but in reconnect, where clients try again).

Closed loop (no --rate): each sender keeps --window messages in flight, and the next one goes when one has arrived.
Open loop (--rate): messages go at fixed times whatever the server does, and latency counts from those times.

Exit codes:
  0    all that was to arrive did, once and in order; nothing was refused, no connection closed, no server ended
  1    something of that is not so, and named above
  2    wrong command line
  3    no cluster, or clients could not connect or log in
  4    a load process ended by itself, or a report could not be written
  130  interrupted)";

// "10s" into milliseconds.
CLI::Option* add_time(CLI::App& app, const char* name, int64_t& into, const char* purpose) {
  const auto take = [&into, name](const std::string& text) {
    const auto parsed = parse_duration(text);
    if (!parsed) throw CLI::ValidationError(std::string(name) + " " + text + " is no time such as 500ms, 10s or 8h");
    into = *parsed;
  };
  return app.add_option_function<std::string>(name, take, purpose)
      ->type_name("TIME")
      ->default_str(format_duration(into));
}

void declare_where(CLI::App& app, LoadOptions& o) {
  app.add_option("--dir", o.dir, "A cluster on this machine, as given to start.sh")->type_name("DIR");
  app.add_option("--login", o.login, "A login_server's client port, instead of --dir")->type_name("HOST:PORT");
  app.add_option("--prefix", o.prefix, "Users are PREFIX1, PREFIX2, …")->capture_default_str()->type_name("P");
  app.add_option("--password", o.password, "And this is their password")->type_name("PW");
  app.add_flag("--passwords", o.with_passwords, "Log in with passwords, although --dir would do with tokens");
  app.add_option("--msg-server", o.msg_server, "All clients to this one, counted from 0; else they are dealt out")
      ->type_name("K")
      ->check(CLI::Range(0, 10'000));
  app.add_flag("--across", o.across, "The two of a pair on different msg_servers");
  app.add_flag("--find-server", o.find_server, "Each client asks a login_server where to go (always so with --login)");
}

void declare_how(CLI::App& app, LoadOptions& o) {
  add_time(app, "--duration", o.duration_ms, "What is measured");
  add_time(app, "--warmup", o.warmup_ms, "Before that, and not counted");
  add_time(app, "--grace", o.grace_ms, "How long stragglers may take at the end");
  add_time(app, "--connect-timeout", o.connect_timeout_ms, "How long it may take until all are logged in");
  app.add_option("--processes", o.processes, "Load processes")->capture_default_str()->check(CLI::Range(1u, 1'000u));
  app.add_option("--connect-rate", o.connect_rate, "Connections a second at most while clients log in; 0: no limit")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--source-addresses", o.source_addresses,
                 "Connect from 127.0.0.1 to 127.0.0.N in turn; 0: as many as it takes on this machine")
      ->check(CLI::Range(0u, 60'000u));
  const auto beats = [&o](const std::string& text) {
    const auto parsed = parse_duration(text);
    if (!parsed || *parsed < 100 || *parsed > 3'600'000) throw CLI::ValidationError("--heartbeat: 100ms to 1h");
    o.heartbeat_ms = static_cast<uint32_t>(*parsed);
  };
  app.add_option_function<std::string>("--heartbeat", beats, "Each client beats so often, 10 % more or less")
      ->type_name("TIME")
      ->default_str("20s");
  app.add_option("--seed", o.seed, "For all that is random")->capture_default_str();
}

void declare_output(CLI::App& app, LoadOptions& o) {
  app.add_option("--json", o.json_path, "The figures as JSON; - is stdout")->type_name("FILE");
  app.add_option("--report", o.report_path, "The figures as one page with plots")->type_name("FILE.html");
  app.add_flag("--syscalls", o.count_syscalls, "Count the servers' system calls as well (slows them down)");
  app.add_flag("--quiet", o.quiet, "No progress on stderr");
}

void take_pairs(CLI::App& app, LoadOptions& o) {
  app.add_option("--pairs", o.pairs, "Pairs of clients; one of each writes, the other one reads")
      ->capture_default_str()
      ->check(CLI::Range(1u, kMaxClients / 2));
}

void take_clients(CLI::App& app, LoadOptions& o) {
  app.add_option("--clients", o.clients, "So many")->capture_default_str()->check(CLI::Range(1u, kMaxClients));
}

void take_window(CLI::App& app, LoadOptions& o, const char* purpose) {
  app.add_option("--window", o.window, purpose)->capture_default_str()->check(CLI::Range(1u, 16'000u));
}

void take_rate(CLI::App& app, LoadOptions& o, const char* purpose) {
  app.add_option("--rate", o.rate, purpose)->check(CLI::Range(0.001, 1e9))->type_name("PER_SECOND");
}

void take_size(CLI::App& app, LoadOptions& o) {
  app.add_option("--size", o.size, "Bytes of each message's content")
      ->capture_default_str()
      ->check(CLI::Range(static_cast<uint32_t>(kPayloadSize), kMaxContent));
}

void take_read_acks(CLI::App& app, LoadOptions& o) {
  const auto take = [&o](const std::string& text) {
    const auto parsed = parse_duration(text);
    if (!parsed || *parsed > 3'600'000) throw CLI::ValidationError("--read-acks: 0 to 1h");
    o.read_ack_ms = static_cast<uint32_t>(*parsed);
  };
  app.add_option_function<std::string>("--read-acks", take, "A receiver tells so often what it has seen; 0: never")
      ->type_name("TIME")
      ->default_str("1s");
}

void take_messages(CLI::App& app, LoadOptions& o) {
  if (app.get_name() != word_for(ScenarioKind::kMixed) && app.get_name() != word_for(ScenarioKind::kSoak)) {
    take_window(app, o, "Closed loop: messages in flight for each sender");
    take_rate(app, o, "Open loop: messages a second in all, instead of --window");
  } else {
    take_rate(app, o, "Messages a second in all, always an open loop: 60 % chat, 30 % commands, 10 % to groups; 500");
  }
  take_size(app, o);
  take_read_acks(app, o);
}

void take_groups(CLI::App& app, LoadOptions& o) {
  app.add_option("--groups", o.groups, "Groups")->capture_default_str()->check(CLI::Range(1u, 100'000u));
  app.add_option("--members", o.members, "Members of each")->capture_default_str()->check(CLI::Range(2u, 100'000u));
  app.add_option("--senders", o.senders, "Members of each that write")
      ->capture_default_str()
      ->check(CLI::Range(1u, 100'000u));
  app.add_flag("--member-acks", o.member_acks, "Each member confirms each message (IMMsgDataAck), as chat clients do");
}

CLI::App* add_scenario(CLI::App& app, LoadOptions& o, ScenarioKind kind, const char* purpose) {
  CLI::App* scenario = app.add_subcommand(word_for(kind), purpose);
  scenario->fallthrough();
  scenario->callback([&o, kind] { o.scenario = kind; });
  return scenario;
}

void declare_scenarios(CLI::App& app, LoadOptions& o) {
  CLI::App* login = add_scenario(app, o, ScenarioKind::kLogin, "A storm of logins: log in, leave, log in again");
  take_clients(*login, o);
  take_window(*login, o, "So many log in at once, for each load process");
  take_rate(*login, o, "Open loop: logins a second in all; else as fast as the window lets them");
  take_clients(*add_scenario(app, o, ScenarioKind::kIdle, "Clients that are logged in and beat"), o);
  for (CLI::App* pairs :
       {add_scenario(app, o, ScenarioKind::kChat, "Messages from one to one: stored, acked, delivered"),
        add_scenario(app, o, ScenarioKind::kRelay, "Commands from one to one (is typing): passed on, not stored")}) {
    take_pairs(*pairs, o);
    take_messages(*pairs, o);
  }
  CLI::App* group = add_scenario(app, o, ScenarioKind::kGroup, "Messages to groups: stored once, delivered to all");
  take_groups(*group, o);
  take_messages(*group, o);
  for (CLI::App* mixed :
       {add_scenario(app, o, ScenarioKind::kMixed, "Idle clients, chat, commands and groups together"),
        add_scenario(app, o, ScenarioKind::kSoak, "The same for long: an hour, where --duration does not say more")}) {
    take_clients(*mixed, o);
    take_pairs(*mixed, o);
    take_groups(*mixed, o);
    take_messages(*mixed, o);
  }
  CLI::App* reconnect =
      add_scenario(app, o, ScenarioKind::kReconnect, "Chat, while msg_servers are killed and started again");
  take_pairs(*reconnect, o);
  take_messages(*reconnect, o);
  reconnect->add_flag("--drain", o.drain, "Let them leave in good order (talkctl drain) instead of kill -9");
  add_time(*reconnect, "--every", o.disturb_every_ms, "From one to the next");
}

// Too many for 32 bits, perhaps.
uint64_t all_of(const LoadOptions& o) {
  const uint64_t in_groups = uint64_t{o.groups} * o.members;
  if (o.mixes()) return o.clients + uint64_t{4} * o.pairs + in_groups;
  if (o.has_pairs()) return uint64_t{2} * o.pairs;
  return o.has_groups() ? in_groups : o.clients;
}

std::string what_is_wrong(const LoadOptions& o) {
  if (o.dir.empty() == o.login.empty()) return "say where to: either --dir DIR or --login HOST:PORT";
  if (o.scenario == ScenarioKind::kReconnect && o.dir.empty()) return "reconnect needs --dir: it kills servers";
  if (o.senders > o.members) return "--senders: no more than --members";
  if (o.duration_ms <= 0) return "--duration: must be more than 0";
  if (o.disturb_every_ms < kLeastEveryMs) return "--every: 1s or more";
  if (all_of(o) > kMaxClients) return "that is more than 10,000,000 clients";
  if (o.across && !o.has_pairs()) return std::string("--across: there are no pairs in ") + word_for(o.scenario);
  if (o.across && (o.dir.empty() || o.find_server)) {
    return "--across needs --dir, and goes not with --find-server: the login_server chooses there";
  }
  if (o.msg_server >= 0 && (o.across || o.find_server || o.dir.empty())) {
    return "--msg-server needs --dir, and goes neither with --across nor with --find-server";
  }
  return {};
}

}  // namespace

const char* word_for(ScenarioKind scenario) {
  switch (scenario) {
    case ScenarioKind::kLogin:
      return "login";
    case ScenarioKind::kIdle:
      return "idle";
    case ScenarioKind::kChat:
      return "chat";
    case ScenarioKind::kRelay:
      return "relay";
    case ScenarioKind::kGroup:
      return "group";
    case ScenarioKind::kMixed:
      return "mixed";
    case ScenarioKind::kReconnect:
      return "reconnect";
    case ScenarioKind::kSoak:
      return "soak";
  }
  return "";
}

uint32_t LoadOptions::all_clients() const {
  return static_cast<uint32_t>(all_of(*this));
}

std::optional<LoadOptions> parse_command_line(int argc, const char* const* argv, int& exit_code) {
  LoadOptions options;
  CLI::App app("Puts a TalkBeat cluster under load, measures, and checks that each message arrives once and in order.",
               "talkload");
  app.set_version_flag("--version", std::string("talkload ") + TALKBEAT_VERSION, "Print the version, and end");
  app.set_help_flag("--help,-h", "Print this, and end");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  declare_where(app, options);
  declare_how(app, options);
  declare_output(app, options);
  declare_scenarios(app, options);
  exit_code = kExitUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wish) {
    exit_code = app.exit(wish);  // --help, --version
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    const auto unknown = app.remaining();
    std::cerr << "talkload: " << (unknown.empty() ? error.what() : "unknown scenario " + unknown.front())
              << " (try talkload --help)\n";
    return std::nullopt;
  }
  const bool reconnects = options.scenario == ScenarioKind::kReconnect;
  if (reconnects && app.count("--grace") == 0) options.grace_ms = kReconnectGraceMs;
  if (options.mixes() && options.rate <= 0) options.rate = kMixedRate;
  if (options.scenario == ScenarioKind::kSoak && app.count("--duration") == 0) options.duration_ms = 3'600'000;
  if (const std::string wrong = what_is_wrong(options); !wrong.empty()) {
    std::cerr << "talkload: " << wrong << " (try talkload --help)\n";
    return std::nullopt;
  }
  return options;
}

}  // namespace talkbeat::load
