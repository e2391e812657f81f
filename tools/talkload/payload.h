#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace talkbeat::load {

/// What each message of a run carries at its front, so that whoever receives it knows what it is and how old it is.
/// Printable ASCII, 6 bits a character, since commands between clients are text. Plain values, any thread.
///
///   write_payload({.run = run, .sender = 7, .number = 1, .intended_ns = now}, body);
///   if (const auto payload = read_payload(body); payload && payload->run == run) …
struct Payload {
  uint32_t run = 0;          ///< 24 bits: what is left of another run is not ours
  uint32_t sender = 0;       ///< the sending client, over all processes
  uint32_t number = 0;       ///< 1, 2, 3, … for each sender
  uint64_t intended_ns = 0;  ///< when it was to be sent: CLOCK_MONOTONIC

  bool operator==(const Payload&) const = default;
};

inline constexpr size_t kPayloadSize = 28;

/// `into` has at least kPayloadSize; what is behind stays.
void write_payload(const Payload& payload, std::span<std::byte> into);
/// Nothing where the text is not one of ours.
std::optional<Payload> read_payload(std::span<const std::byte> text);

}  // namespace talkbeat::load
