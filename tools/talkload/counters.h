#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace talkbeat::load {

/// What the simulated clients did and saw, since they began: it only grows. Plain values, that add up over processes.
struct Counters {
  uint64_t connections = 0;   // that came to stand; one that comes back counts again
  uint64_t logged_in = 0;     // likewise
  uint64_t sent = 0;          // messages
  uint64_t acked = 0;         // of those sent, by the server
  uint64_t delivered = 0;     // messages that arrived, at each receiver
  uint64_t beats = 0;         // heartbeats sent
  uint64_t lost = 0;          // messages that should have arrived, and did not
  uint64_t doubled = 0;       // that arrived again
  uint64_t misordered = 0;    // that arrived before an earlier one of their conversation
  uint64_t unsent = 0;        // of an open loop's schedule, what never went
  uint64_t refused = 0;       // what the server declined, and said so: busy, too quick, full
  uint64_t errors = 0;        // anything else that went wrong
  uint64_t closed = 0;        // connections that ended without our wish
  uint64_t reconnected = 0;   // clients that were back after that
  uint64_t gaps = 0;          // reconnect: a receiver had to fetch what lay before a delivered message
  uint64_t pushed_again = 0;  // reconnect: what was delivered and known already
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;

  Counters& operator+=(const Counters& other);
  Counters& operator-=(const Counters& other);
  friend bool operator==(const Counters&, const Counters&) = default;
};

/// Each counter under its name, in the order in which it is told.
struct CounterField {
  std::string_view name;
  uint64_t Counters::*member;
};
inline constexpr std::array kCounterFields{
    CounterField{"connections", &Counters::connections},
    CounterField{"logged_in", &Counters::logged_in},
    CounterField{"sent", &Counters::sent},
    CounterField{"acked", &Counters::acked},
    CounterField{"delivered", &Counters::delivered},
    CounterField{"beats", &Counters::beats},
    CounterField{"lost", &Counters::lost},
    CounterField{"doubled", &Counters::doubled},
    CounterField{"misordered", &Counters::misordered},
    CounterField{"unsent", &Counters::unsent},
    CounterField{"refused", &Counters::refused},
    CounterField{"errors", &Counters::errors},
    CounterField{"closed", &Counters::closed},
    CounterField{"reconnected", &Counters::reconnected},
    CounterField{"gaps", &Counters::gaps},
    CounterField{"pushed_again", &Counters::pushed_again},
    CounterField{"bytes_in", &Counters::bytes_in},
    CounterField{"bytes_out", &Counters::bytes_out},
};
static_assert(sizeof(Counters) == kCounterFields.size() * sizeof(uint64_t), "a counter has no name");

/// All that nobody wishes for, in one number.
inline uint64_t problems(const Counters& counters) {
  return counters.lost + counters.doubled + counters.misordered + counters.unsent + counters.refused + counters.errors +
         counters.closed;
}

inline std::string_view counter_name(uint64_t Counters::*member) {
  for (const CounterField& field : kCounterFields) {
    if (field.member == member) return field.name;
  }
  return "";
}

inline Counters& Counters::operator+=(const Counters& other) {
  for (const CounterField& field : kCounterFields) this->*field.member += other.*field.member;
  return *this;
}

inline Counters& Counters::operator-=(const Counters& other) {
  for (const CounterField& field : kCounterFields) this->*field.member -= other.*field.member;
  return *this;
}

}  // namespace talkbeat::load
