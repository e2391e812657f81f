#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace talkbeat::bench {

/// What stands before each frame's payload: 16 bytes, as before a PDU's. In the machine's own byte order, since both
/// ends are on one machine.
struct RawHeader {
  uint32_t length = 0;  ///< of the whole frame
  uint32_t target = 0;  ///< the connection that it is for, in the order of accepting
  uint64_t unused = 0;
};
static_assert(sizeof(RawHeader) == 16);

inline RawHeader raw_header(std::span<const std::byte> frame) {
  RawHeader header;
  std::memcpy(&header, frame.data(), sizeof header);
  return header;
}

/// Calls `visit(header, frame)` for each whole frame; returns how many bytes those were.
template <class Visit>
size_t for_each_frame(std::span<const std::byte> bytes, Visit visit) {
  size_t used = 0;
  while (bytes.size() - used >= sizeof(RawHeader)) {
    const auto rest = bytes.subspan(used);
    const RawHeader header = raw_header(rest);
    if (header.length > rest.size()) break;
    visit(header, rest.first(header.length));
    used += header.length;
  }
  return used;
}

}  // namespace talkbeat::bench
