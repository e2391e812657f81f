#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace talkbeat::check {

/// Which kind of client a session is: the two have idle timeouts of their own.
enum class Device { kPc, kMobile };

/// Every setting under test, as the other side is supposed to have it. 0: off there. A plain value; the defaults are
/// the settings' own.
struct Timings {
  // msg_server's, towards clients
  Tick idle_timeout = 60'000;
  Tick idle_timeout_mobile = 60'000;
  Tick handshake_timeout = 15'000;
  Tick pdu_timeout = 30'000;
  Tick min_ping_interval = 5'000;
  int max_ping_strikes = 2;
  Tick probe_after = 0;
  Tick probe_timeout = 20'000;
  Tick max_connection_idle = 0;
  Tick max_connection_age = 0;
  Tick max_connection_age_grace = 10'000;
  Tick out_soft_time = 10'000;
  Tick user_timeout = 60'000;
  // login_server's, towards clients and msg_servers
  Tick request_timeout = 60'000;
  Tick heartbeat_interval = 5'000;
  Tick silence_timeout = 30'000;
  Tick link_handshake_timeout = 15'000;
  Tick link_pdu_timeout = 30'000;
  // a client's
  Tick client_heartbeat_interval = 20'000;
  Tick response_timeout = 15'000;
  Tick backoff_first = 500;
  Tick backoff_max = 30'000;
  Tick backoff_reset = 10'000;

  /// A late close is in time up to this, or a tenth of its timeout, whichever is more.
  Tick tolerance = 1'000;

  Tick idle(Device device) const { return device == Device::kPc ? idle_timeout : idle_timeout_mobile; }
  /// How long a client may say nothing at all: a probe that is not answered may end it before its idle timeout does.
  Tick silence(Device device) const;
  bool probe_ends(Device device) const;
  /// A pause between heartbeats that a client may keep to for ever.
  Tick gentle_pause() const;
  Tick beat_pause(Device device) const;
  /// The last moment, after `timeout`, that is still in time.
  Tick latest(Tick timeout) const;
  /// How long one has to look in order to tell late from never.
  Tick patience(Tick timeout) const { return latest(timeout) + 2 * tolerance; }

  /// All of them divided by `scale`, but the tolerance.
  void divide(int scale);
};

/// One of them: the flag --NAME, the server's setting (nullptr: the other side has none of its own), and the value with
/// which every rule can be seen at work.
struct TimingRow {
  const char* name;
  const char* setting;
  Tick Timings::*value;
  Tick all_on;
  const char* doc;
};
std::span<const TimingRow> timing_rows();

/// What `talkcheck settings` prints before it is divided: everything on, and nothing in the way of anything else.
Timings all_on();
/// "--set client.idle_timeout=3s", … for tools/start.sh.
std::vector<std::string> server_settings(const Timings& timings);

/// The text with each {name} replaced by that timing: "closed {idle_timeout} after the last PDU".
std::string with_timings(std::string_view text, const Timings& timings);

}  // namespace talkbeat::check
