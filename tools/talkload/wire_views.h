#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace talkbeat::load {

/// What a load client has to know of the PDUs that come in numbers, read where they lie: parsing them into messages
/// would cost more than the rest of the client. Nothing where the body does not parse. Pure functions, any thread.
///
///   if (const auto message = view_message(body)) … message->data …
struct MessageView {
  uint32_t from = 0;
  uint32_t to = 0;
  uint32_t msg_id = 0;
  uint32_t msg_type = 0;
  std::span<const std::byte> data;  ///< inside of the body
};
std::optional<MessageView> view_message(std::span<const std::byte> body);  // IMMsgData
std::optional<MessageView> view_command(std::span<const std::byte> body);  // IMP2PCmdMsg: from, to, data

struct AckView {
  uint32_t session_id = 0;
  uint32_t msg_id = 0;
};
std::optional<AckView> view_ack(std::span<const std::byte> body);  // IMMsgDataAck

/// Walks over a body's fields.
class FieldReader {
 public:
  explicit FieldReader(std::span<const std::byte> body) : rest_(body) {}

  /// False at the end, and where the bytes are no field: ok() tells which.
  bool next();
  bool ok() const { return ok_; }

  uint32_t number() const { return number_; }
  uint64_t value() const { return value_; }                    ///< of a varint or a fixed one
  std::span<const std::byte> bytes() const { return bytes_; }  ///< of a string or record

 private:
  bool read_varint(uint64_t& value);
  bool take(size_t count);

  std::span<const std::byte> rest_;
  std::span<const std::byte> bytes_;
  uint64_t value_ = 0;
  uint32_t number_ = 0;
  bool ok_ = true;
};

}  // namespace talkbeat::load
