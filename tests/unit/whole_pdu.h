#pragma once

#include <string>
#include <string_view>

#include "base/pdu_protocol.h"

namespace talkbeat {

/// A PDU that can be relayed, with any bytes as its body.
inline std::string whole_pdu(std::string_view body) {
  std::string pdu(kPduHeaderSize, '\0');
  encode_header(header_of(kCommandOf<IM::SwitchService::IMP2PCmdMsg>, 0, body.size()),
                std::as_writable_bytes(std::span(pdu)));
  return pdu.append(body);
}

}  // namespace talkbeat
