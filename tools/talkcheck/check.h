#pragma once

#include <span>
#include <string>

#include "tools/talkcheck/context.h"

namespace talkbeat::check {

/// One behaviour: a row of the table. `run` returns what it measured, or throws Failed.
struct Check {
  /// What must be given on the command line, as bits.
  enum Needs : unsigned { kServer = 1, kLogin = 2, kLink = 4, kPid = 8, kUsers = 16, kTwoUsers = 32 };

  const char* name;
  const char* rule;      ///< where it stands: the rule of OPERATIONS.md, the setting
  const char* expected;  ///< {idle-timeout} stands for that timing
  unsigned needs;
  const char* requires_on;        ///< the timing that must be on at the server; nullptr: none
  Tick (*takes)(const Timings&);  ///< about so long
  Task<std::string> (*run)(Context&);
};

/// All of them, in the order in which they are shown.
std::span<const Check> all_checks();

/// Why it cannot be run; empty: it can.
std::string why_off(const Check& check, const Context& c);

}  // namespace talkbeat::check
