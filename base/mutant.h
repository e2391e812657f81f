#pragma once

namespace talkbeat {

/// A mistake that is made on purpose, to see whether the simulation finds it (`make sim-mutants`). Each is one line of
/// the code that it spoils, which every other build compiles to nothing: kMutant is a constant, and kNone.
///
///   if (kMutant != Mutant::kUnboundedBuffer && out_.size() > limits_.hard) …
enum class Mutant {
  kNone,
  kAckBeforeCommit,     ///< msg_server/store/store.cpp: answers do not wait for how the commit ends
  kLostReregistration,  ///< msg_server/bus/login_server_bus.cpp: a link that comes back brings no users
  kDoubleDelivery,      ///< msg_server/message_handlers.cpp: a message that is sent again is another one
  kKickRace,            ///< login_server/presence.cpp: who is heard of last stays, though he may have logged in first
  kIdReuse,             ///< base/connection_table.cpp: an id is as good as its slot
  kUnboundedBuffer,     ///< base/connection.cpp: no hard limit
};

#ifndef TALKBEAT_MUTANT
#define TALKBEAT_MUTANT kNone
#endif
inline constexpr Mutant kMutant = Mutant::TALKBEAT_MUTANT;

}  // namespace talkbeat
