#pragma once

namespace talkbeat {

/// Prints the broken promise and ends the process with abort(), so that a core dump shows where.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace talkbeat

/// A promise of our own code, checked in release builds too. Never for what a peer or a person can cause.
#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) ::talkbeat::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
