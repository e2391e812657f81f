#pragma once

#include <cstdlib>

namespace talkbeat::scenario {

/// Whether the rows of tests/rows.txt that take minutes are to be run as long as they say: `make faults` sets
/// TALKBEAT_FULL, every other run takes a shortened form.
inline bool in_full() {
  return std::getenv("TALKBEAT_FULL") != nullptr;
}

///   const int kills = in_full(3, 50);
template <class T>
T in_full(T shortened, T full) {
  return in_full() ? full : shortened;
}

}  // namespace talkbeat::scenario
