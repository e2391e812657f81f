#include "base/pdu.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace talkbeat {

namespace {

uint16_t swapped(uint16_t value) {
  return __builtin_bswap16(value);
}
uint32_t swapped(uint32_t value) {
  return __builtin_bswap32(value);
}

// Shifts byte by byte say the same on every machine; compilers do not see through them everywhere.
static_assert(std::endian::native == std::endian::little);

template <class T>
T read_big_endian(std::span<const std::byte> bytes, size_t offset) {
  T value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return swapped(value);
}

template <class T>
void write_big_endian(T value, std::span<std::byte> into, size_t offset) {
  value = swapped(value);
  std::memcpy(into.data() + offset, &value, sizeof value);
}

}  // namespace

PduHeader decode_header(std::span<const std::byte> bytes) {
  PduHeader header;
  header.length = read_big_endian<uint32_t>(bytes, 0);
  header.version = read_big_endian<uint16_t>(bytes, 4);
  header.flag = read_big_endian<uint16_t>(bytes, 6);
  header.service_id = read_big_endian<uint16_t>(bytes, 8);
  header.command_id = read_big_endian<uint16_t>(bytes, 10);
  header.seq_num = read_big_endian<uint16_t>(bytes, 12);
  header.reserved = read_big_endian<uint16_t>(bytes, 14);
  return header;
}

void encode_header(const PduHeader& header, std::span<std::byte> into) {
  write_big_endian(header.length, into, 0);
  write_big_endian(header.version, into, 4);
  write_big_endian(header.flag, into, 6);
  write_big_endian(header.service_id, into, 8);
  write_big_endian(header.command_id, into, 10);
  write_big_endian(header.seq_num, into, 12);
  write_big_endian(header.reserved, into, 14);
}

bool PduFramer::collect(std::span<const std::byte>& bytes, size_t size) {
  const size_t count = std::min(size - std::min(size, partial_.size()), bytes.size());
  partial_.insert(partial_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  bytes = bytes.subspan(count);
  return partial_.size() >= size;
}

bool PduFramer::acceptable(uint32_t length, size_t limit) {
  if (length >= kPduHeaderSize && length <= limit) return true;
  bad_length_ = length;
  return false;
}

}  // namespace talkbeat
