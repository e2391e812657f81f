#pragma once

#include <cstdint>

namespace talkbeat {

/// A login stamp (IMServerKickUser.login_stamp) is milliseconds of Unix time and 16 bits below them. No clock has said
/// one from here on, which is after the year 4100; and so far below the end of all numbers that whoever counts on from
/// the last good one never gets there.
inline constexpr uint64_t kFirstImpossibleStamp = uint64_t{1} << 62;

/// What a peer has said: an impossible one counts as none, so that whoever made it wins over no other login.
constexpr uint64_t possible_stamp(uint64_t told) {
  return told < kFirstImpossibleStamp ? told : 0;
}

}  // namespace talkbeat
