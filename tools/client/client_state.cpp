#include "tools/client/client_state.h"

#include <array>
#include <cstddef>
#include <initializer_list>

namespace talkbeat {

namespace {

using enum ClientState;

constexpr uint8_t set_of(std::initializer_list<ClientState> states) {
  uint8_t bits = 0;
  for (const ClientState state : states) bits = static_cast<uint8_t>(bits | 1 << static_cast<int>(state));
  return bits;
}

// By the state that is left. kConnecting comes without kResolving where the msg_server's address is known already, and
// is followed by it where that one cannot be reached. From kLoggingIn it connects again where its token was refused.
constexpr std::array<uint8_t, kClientStates> kNext = {
    /* kDisconnected */ set_of({kResolving, kConnecting, kWaiting, kClosed}),
    /* kResolving */ set_of({kConnecting, kWaiting, kClosed}),
    /* kConnecting */ set_of({kResolving, kLoggingIn, kWaiting, kClosed}),
    /* kLoggingIn */ set_of({kConnecting, kOnline, kDisconnected, kClosed}),
    /* kOnline */ set_of({kDisconnected, kClosed}),
    /* kWaiting */ set_of({kResolving, kConnecting, kClosed}),
    /* kClosed */ set_of({}),
};

}  // namespace

const char* to_string(ClientState state) {
  switch (state) {
    case kDisconnected:
      return "disconnected";
    case kResolving:
      return "resolving";
    case kConnecting:
      return "connecting";
    case kLoggingIn:
      return "logging_in";
    case kOnline:
      return "online";
    case kWaiting:
      return "waiting";
    case kClosed:
      return "closed";
  }
  return "?";
}

bool may_follow(ClientState from, ClientState to) {
  return (kNext[static_cast<std::size_t>(from)] & set_of({to})) != 0;
}

const char* words_for(KickedBy by) {
  switch (by) {
    case KickedBy::kNewerLogin:
      return "logged in elsewhere";
    case KickedBy::kMobile:
      return "ended by your mobile client";
    case KickedBy::kOperator:
      return "ended by the operator";
  }
  return "?";
}

}  // namespace talkbeat
