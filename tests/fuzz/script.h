#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace talkbeat::fuzz {

/// What peers do to a server, one step after the other: the language in which an input of a PDU target is written. Any
/// bytes are a script, and a script is any bytes: parse() never fails, and what it leaves out means nothing. A value,
/// pure.
///
///   for (const Step& step : parse_script(data)) world.play(step);
///
/// Bytes of a step: what (high half) and which connection (low half); then, by what it is:
///   kPdu     command (2), length of the body (2), body
///   kRaw     length (2), bytes as they are
///   others   argument (1)
struct Step {
  enum class Kind : uint8_t {
    kPdu,      ///< one PDU with a right header
    kRaw,      ///< bytes, whatever they are
    kSocket,   ///< the connection is opened, closed, reset, slowed down: SocketEvent
    kTime,     ///< time passes: 2^(argument % 20) ms; from 128 on all at once, as in a stall
    kWorkers,  ///< bit by bit: the store, the hashing, the disk answer from now on, or don't
    kSpecial,  ///< what only this target knows: a handshake that is right, say
  };
  static constexpr uint8_t kKinds = 6;

  Kind kind = Kind::kPdu;
  uint8_t connection = 0;  ///< below kConnections
  uint8_t argument = 0;
  uint16_t command = 0;
  std::string body;
};

constexpr size_t kConnections = 4;
constexpr size_t kMaxSteps = 100;

enum class SocketEvent : uint8_t {
  kOpen,         ///< a new one; an older one of this number is closed
  kFinish,       ///< sends no more, and reads on
  kReset,        ///< gone, without a word
  kStopReading,  ///< nothing more fits into its buffers
  kReadOn,
  kSingleBytes,  ///< from now on its bytes arrive one by one
  kSmallPieces,  ///< seven by seven
  kWhole,        ///< as they are sent
};
constexpr uint8_t kSocketEvents = 8;

std::vector<Step> parse_script(std::span<const uint8_t> bytes);
std::string write_script(std::span<const Step> steps);

}  // namespace talkbeat::fuzz
