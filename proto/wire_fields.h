#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>

namespace talkbeat {

/// Reads the fields of a protobuf message where they lie, for the few messages that come by the hundred thousand a
/// second. Knows only what encoders usually write; where a call returns false the protobuf library has to be asked,
/// which knows everything that is allowed (fields in another order, unknown ones). Pure; any thread.
///
///   WireFields fields(body);
///   if (fields.is(varint_tag(1)) && fields.read(user) && fields.is(bytes_tag(2)) && fields.read(text) &&
///   fields.at_end())
class WireFields {
 public:
  explicit WireFields(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  /// The next field has this tag; goes on behind it.
  bool is(uint8_t tag) {
    if (rest_.empty() || std::to_integer<uint8_t>(rest_[0]) != tag) return false;
    rest_ = rest_.subspan(1);
    return true;
  }
  bool read(uint64_t& value) {
    value = 0;
    for (size_t i = 0; i < kMaxVarint && i < rest_.size(); ++i) {
      const auto byte = std::to_integer<uint64_t>(rest_[i]);
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        rest_ = rest_.subspan(i + 1);
        return true;
      }
    }
    return false;
  }
  bool read(uint32_t& value) {
    uint64_t wide = 0;
    if (!read(wide) || wide > std::numeric_limits<uint32_t>::max()) return false;
    value = static_cast<uint32_t>(wide);
    return true;
  }
  bool read(std::span<const std::byte>& bytes) {
    uint64_t length = 0;
    const size_t before = rest_.size();
    if (!read(length) || before - rest_.size() > kMaxLengthVarint || length > rest_.size()) return false;
    bytes = rest_.first(static_cast<size_t>(length));
    rest_ = rest_.subspan(static_cast<size_t>(length));
    return true;
  }

 private:
  static constexpr size_t kMaxVarint = 9;        // a tenth byte holds the 64th bit: rare enough
  static constexpr size_t kMaxLengthVarint = 5;  // of a length, protobuf reads no more

  std::span<const std::byte> rest_;
};

/// Tags of the fields 1 to 15, one byte each.
constexpr uint8_t varint_tag(int field) {
  return static_cast<uint8_t>(field << 3);
}
constexpr uint8_t bytes_tag(int field) {
  return static_cast<uint8_t>(field << 3 | 2);
}

constexpr size_t varint_size(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}
constexpr size_t varint_field_size(uint64_t value) {
  return 1 + varint_size(value);
}
constexpr size_t bytes_field_size(size_t length) {
  return 1 + varint_size(length) + length;
}

/// The other way: writes fields into room that is large enough, as the sizes above say.
///
///   WireWriter(room).field(1, user).field(2, text);
class WireWriter {
 public:
  explicit WireWriter(std::span<std::byte> into) : next_(into.data()) {}

  WireWriter& field(int number, uint64_t value) {
    put(varint_tag(number));
    return varint(value);
  }
  WireWriter& field(int number, std::span<const std::byte> bytes) {
    put(bytes_tag(number));
    varint(bytes.size());
    if (!bytes.empty()) std::memcpy(next_, bytes.data(), bytes.size());
    next_ += bytes.size();
    return *this;
  }

 private:
  void put(uint64_t byte) { *next_++ = static_cast<std::byte>(byte); }
  WireWriter& varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) put((value & 0x7f) | 0x80);
    put(value);
    return *this;
  }

  std::byte* next_;
};

}  // namespace talkbeat
