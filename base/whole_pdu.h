#pragma once

#include <span>

#include "base/pdu.h"

namespace talkbeat {

/// Whether the bytes are one PDU, neither more nor less: what somebody else has made, and is sent on as it is, must not
/// end or begin inside of the next one. Says nothing about the body. Pure.
///
///   if (!is_whole_pdu(relay.pdu)) return kMalformedBody;
inline bool is_whole_pdu(std::span<const std::byte> bytes) {
  return bytes.size() >= kPduHeaderSize && decode_header(bytes).length == bytes.size();
}

}  // namespace talkbeat
