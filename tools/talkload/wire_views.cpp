#include "tools/talkload/wire_views.h"

namespace talkbeat::load {

namespace {

constexpr int kWireTypeBits = 3;
constexpr unsigned kVarint = 0;
constexpr unsigned kFixed64 = 1;
constexpr unsigned kLengthDelimited = 2;
constexpr unsigned kFixed32 = 5;

uint64_t little_endian(std::span<const std::byte> bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes[i]);
  return value;
}

}  // namespace

bool FieldReader::read_varint(uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < rest_.size() && i < 10; ++i) {
    const auto byte = std::to_integer<uint64_t>(rest_[i]);
    value |= (byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    rest_ = rest_.subspan(i + 1);
    return true;
  }
  return ok_ = false;
}

bool FieldReader::take(size_t count) {
  if (count > rest_.size()) return ok_ = false;
  bytes_ = rest_.first(count);
  rest_ = rest_.subspan(count);
  return true;
}

bool FieldReader::next() {
  if (rest_.empty() || !ok_) return false;
  uint64_t key = 0;
  if (!read_varint(key)) return false;
  number_ = static_cast<uint32_t>(key >> kWireTypeBits);
  switch (key & 7) {
    case kVarint:
      return read_varint(value_);
    case kFixed64:
    case kFixed32:
      if (!take((key & 7) == kFixed64 ? 8 : 4)) return false;
      value_ = little_endian(bytes_);
      return true;
    case kLengthDelimited:
      return read_varint(value_) && take(static_cast<size_t>(value_));
    default:
      return ok_ = false;
  }
}

std::optional<MessageView> view_message(std::span<const std::byte> body) {
  MessageView view;
  FieldReader field(body);
  while (field.next()) {
    switch (field.number()) {
      case 1:
        view.from = static_cast<uint32_t>(field.value());
        break;
      case 2:
        view.to = static_cast<uint32_t>(field.value());
        break;
      case 3:
        view.msg_id = static_cast<uint32_t>(field.value());
        break;
      case 5:
        view.msg_type = static_cast<uint32_t>(field.value());
        break;
      case 6:
        view.data = field.bytes();
        break;
      default:
        break;
    }
  }
  if (!field.ok()) return std::nullopt;
  return view;
}

std::optional<MessageView> view_command(std::span<const std::byte> body) {
  MessageView view;
  FieldReader field(body);
  while (field.next()) {
    if (field.number() == 1) view.from = static_cast<uint32_t>(field.value());
    if (field.number() == 2) view.to = static_cast<uint32_t>(field.value());
    if (field.number() == 3) view.data = field.bytes();
  }
  if (!field.ok()) return std::nullopt;
  return view;
}

std::optional<AckView> view_ack(std::span<const std::byte> body) {
  AckView view;
  FieldReader field(body);
  while (field.next()) {
    if (field.number() == 2) view.session_id = static_cast<uint32_t>(field.value());
    if (field.number() == 3) view.msg_id = static_cast<uint32_t>(field.value());
  }
  if (!field.ok()) return std::nullopt;
  return view;
}

}  // namespace talkbeat::load
