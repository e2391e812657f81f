#include "tools/talkcheck/timings.h"

#include <algorithm>
#include <array>

#include "base/option_value.h"

namespace talkbeat::check {

namespace {

// all_on: no rule may end a connection on which another one is being watched. So a client that says nothing meets its
// idle timeout as a PC and the probe's as a mobile, and age and idle limits lie beyond the longest other check.
constexpr std::array kRows{
    TimingRow{"idle-timeout", "client.idle_timeout", &Timings::idle_timeout, 60'000, "silence that ends a PC client"},
    TimingRow{"idle-timeout-mobile", "client.idle_timeout_mobile", &Timings::idle_timeout_mobile, 120'000,
              "silence that ends a mobile client"},
    TimingRow{"handshake-timeout", "client.handshake_timeout", &Timings::handshake_timeout, 15'000,
              "from connecting to the login"},
    TimingRow{"pdu-timeout", "client.pdu_timeout", &Timings::pdu_timeout, 30'000,
              "from a PDU's first byte to its last"},
    TimingRow{"min-ping-interval", "client.min_ping_interval", &Timings::min_ping_interval, 5'000,
              "a heartbeat sooner than this is a strike"},
    TimingRow{"probe-after", "client.probe_after", &Timings::probe_after, 45'000,
              "silence after which the server asks"},
    TimingRow{"probe-timeout", "client.probe_timeout", &Timings::probe_timeout, 20'000, "no answer to that: closed"},
    TimingRow{"max-connection-idle", "client.max_connection_idle", &Timings::max_connection_idle, 180'000,
              "only heartbeats for this long: closed"},
    TimingRow{"max-connection-age", "client.max_connection_age", &Timings::max_connection_age, 260'000,
              "at this age (+-10 %): told to go"},
    TimingRow{"max-connection-age-grace", "client.max_connection_age_grace", &Timings::max_connection_age_grace, 10'000,
              "and closed this much later"},
    TimingRow{"out-soft-time", "client.out_soft_time", &Timings::out_soft_time, 10'000,
              "leaving more than 1 MiB unread for this long: closed"},
    TimingRow{"user-timeout", "tcp.client_user_timeout", &Timings::user_timeout, 90'000,
              "TCP_USER_TIMEOUT towards clients"},
    TimingRow{"request-timeout", "client.request_timeout", &Timings::request_timeout, 60'000,
              "login_server: from connecting to the end of a request"},
    TimingRow{"heartbeat-interval", "cluster.heartbeat_interval", &Timings::heartbeat_interval, 5'000,
              "link: nothing sent for this long, a heartbeat is"},
    TimingRow{"silence-timeout", "cluster.silence_timeout", &Timings::silence_timeout, 30'000,
              "link: silence that ends it"},
    TimingRow{"link-handshake-timeout", "cluster.handshake_timeout", &Timings::link_handshake_timeout, 15'000,
              "link: from connecting to the proof of the key"},
    TimingRow{"link-pdu-timeout", "cluster.pdu_timeout", &Timings::link_pdu_timeout, 30'000,
              "link: from a PDU's first byte to its last"},
    TimingRow{"client-heartbeat-interval", nullptr, &Timings::client_heartbeat_interval, 20'000,
              "client: nothing sent for this long, a heartbeat is"},
    TimingRow{"response-timeout", nullptr, &Timings::response_timeout, 15'000,
              "client: no answer for this long, the server is dead"},
    TimingRow{"backoff-first", nullptr, &Timings::backoff_first, 500, "client: the first pause is at most this"},
    TimingRow{"backoff-max", nullptr, &Timings::backoff_max, 30'000, "client: no pause is longer"},
    TimingRow{"backoff-reset", nullptr, &Timings::backoff_reset, 10'000,
              "client: online for this long, its pauses begin anew"},
};

}  // namespace

std::span<const TimingRow> timing_rows() {
  return kRows;
}

bool Timings::probe_ends(Device device) const {
  return probe_after > 0 && probe_after + probe_timeout < idle(device);
}

Tick Timings::silence(Device device) const {
  return probe_ends(device) ? probe_after + probe_timeout : idle(device);
}

// Heartbeats that left at even pauses arrive at uneven ones.
Tick Timings::gentle_pause() const {
  return std::max(min_ping_interval * 6 / 5, min_ping_interval + 100);
}

Tick Timings::beat_pause(Device device) const {
  return std::max(silence(device) / 3, gentle_pause());
}

Tick Timings::latest(Tick timeout) const {
  return timeout + std::max(tolerance, timeout / 10);
}

void Timings::divide(int scale) {
  for (const TimingRow& row : kRows) this->*row.value /= scale;
}

Timings all_on() {
  Timings timings;
  for (const TimingRow& row : kRows) timings.*row.value = row.all_on;
  return timings;
}

std::vector<std::string> server_settings(const Timings& timings) {
  std::vector<std::string> settings;
  const auto set = [&settings](const std::string& key, const std::string& value) {
    settings.push_back("--set");
    settings.push_back(key + "=" + value);
  };
  for (const TimingRow& row : kRows) {
    if (row.setting != nullptr) set(row.setting, format_duration(timings.*row.value));
  }
  set("client.max_ping_strikes", std::to_string(timings.max_ping_strikes));
  return settings;
}

std::string with_timings(std::string_view text, const Timings& timings) {
  std::string result(text);
  for (const TimingRow& row : kRows) {
    std::string name = "{" + std::string(row.name) + "}";
    for (size_t at = result.find(name); at != std::string::npos; at = result.find(name)) {
      // What is off has no length: its name stands for it.
      const Tick value = timings.*row.value;
      result.replace(at, name.size(), value > 0 ? format_duration(value) : row.name);
    }
  }
  return result;
}

}  // namespace talkbeat::check
