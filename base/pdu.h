#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace talkbeat {

/// The 16 bytes before each PDU's body, all integers big-endian on the wire (PROTOCOL.md, "Framing").
struct PduHeader {
  uint32_t length = 0;  ///< of the whole PDU, this header included
  uint16_t version = 1;
  uint16_t flag = 0;
  uint16_t service_id = 0;
  uint16_t command_id = 0;
  uint16_t seq_num = 0;  ///< chosen by who asks, repeated by who answers
  uint16_t reserved = 0;
};

inline constexpr size_t kPduHeaderSize = 16;

/// `bytes` holds at least kPduHeaderSize.
PduHeader decode_header(std::span<const std::byte> bytes);
void encode_header(const PduHeader& header, std::span<std::byte> into);

/// Cuts a stream of bytes into PDUs, however they are split or joined on the way. Owns memory only while a PDU is
/// incomplete, and never more than what of it has arrived. A pure core.
///
///   framer.feed(bytes, limit, [&](const PduHeader& header, std::span<const std::byte> body) { …; return true; });
class PduFramer {
 public:
  enum class Outcome : uint8_t {
    kOk,
    kStopped,    ///< the callback returned false: what is left of the bytes was not looked at
    kBadLength,  ///< below 16 or above the limit: the stream cannot be understood any more
  };

  /// Calls `on_pdu(header, body)` for each complete PDU; `body` is valid only inside the call. `limit()` is the longest
  /// PDU allowed now: it is asked for each PDU anew, since a login may have changed it.
  template <class Limit, class OnPdu>
  Outcome feed(std::span<const std::byte> bytes, Limit limit, OnPdu on_pdu);

  /// A PDU has begun and is not complete.
  bool partial() const { return !partial_.empty(); }
  /// The length that the last kBadLength was about.
  uint32_t bad_length() const { return bad_length_; }

 private:
  // Moves bytes into partial_ until it holds `size`. False: they did not suffice.
  bool collect(std::span<const std::byte>& bytes, size_t size);
  bool acceptable(uint32_t length, size_t limit);

  std::vector<std::byte> partial_;
  uint32_t bad_length_ = 0;
};

template <class Limit, class OnPdu>
PduFramer::Outcome PduFramer::feed(std::span<const std::byte> bytes, Limit limit, OnPdu on_pdu) {
  while (!bytes.empty()) {
    // The usual case: whole PDUs are handled where they lie.
    if (partial_.empty() && bytes.size() >= kPduHeaderSize) {
      const PduHeader header = decode_header(bytes);
      if (!acceptable(header.length, limit())) return Outcome::kBadLength;
      if (header.length <= bytes.size()) {
        const auto body = bytes.first(header.length).subspan(kPduHeaderSize);
        bytes = bytes.subspan(header.length);
        if (!on_pdu(header, body)) return Outcome::kStopped;
        continue;
      }
    }
    if (!collect(bytes, kPduHeaderSize)) return Outcome::kOk;
    const PduHeader header = decode_header(partial_);
    if (!acceptable(header.length, limit())) return Outcome::kBadLength;
    if (!collect(bytes, header.length)) return Outcome::kOk;
    const std::vector<std::byte> whole = std::exchange(partial_, {});
    if (!on_pdu(header, std::span(whole).subspan(kPduHeaderSize))) return Outcome::kStopped;
  }
  return Outcome::kOk;
}

}  // namespace talkbeat
