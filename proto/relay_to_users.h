#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "proto/wire_fields.h"

namespace talkbeat {

/// A TbRelay that names its receivers, read and written without a protobuf message: every PDU between users on
/// different msg_servers passes three processes as one. What is less usual (groups, many receivers) goes the ordinary
/// way. A pure core; refers to what it was read from, or made of.
///
///   if (const auto relay = RelayToUsers::read(body)) for (const uint32_t user : relay->users()) …
///   relay.write(connection.send_in_place(relay.size()));
class RelayToUsers {
 public:
  static constexpr size_t kMaxUsers = 8;

  RelayToUsers() = default;
  /// At most kMaxUsers of them.
  RelayToUsers(std::span<const uint32_t> users, std::span<const std::byte> whole_pdu) : pdu(whole_pdu) {
    for (const uint32_t user : users) users_[count_++] = user;
  }

  std::span<const uint32_t> users() const { return std::span(users_).first(count_); }

  /// Nothing: it is none, or not as write() writes it.
  static std::optional<RelayToUsers> read(std::span<const std::byte> body) {
    RelayToUsers relay;
    WireFields fields(body);
    while (fields.is(varint_tag(kUserIds))) {
      if (relay.count_ == kMaxUsers || !fields.read(relay.users_[relay.count_++])) return std::nullopt;
    }
    if (relay.count_ == 0 || !fields.is(bytes_tag(kPdu)) || !fields.read(relay.pdu)) return std::nullopt;
    if (fields.is(varint_tag(kSequence)) && !fields.read(relay.sequence.emplace())) return std::nullopt;
    if (fields.is(varint_tag(kClientClass)) && !fields.read(relay.client_class.emplace())) return std::nullopt;
    return fields.at_end() ? std::optional(relay) : std::nullopt;
  }

  /// Of the body.
  size_t size() const {
    size_t size = bytes_field_size(pdu.size());
    for (const uint32_t user : users()) size += varint_field_size(user);
    if (sequence) size += varint_field_size(*sequence);
    if (client_class) size += varint_field_size(*client_class);
    return size;
  }
  void write(std::span<std::byte> into) const {
    WireWriter writer(into);
    for (const uint32_t user : users()) writer.field(kUserIds, user);
    writer.field(kPdu, pdu);
    if (sequence) writer.field(kSequence, *sequence);
    if (client_class) writer.field(kClientClass, *client_class);
  }

  std::span<const std::byte> pdu;        ///< whole, with its header
  std::optional<uint64_t> sequence;      ///< of a stored message
  std::optional<uint32_t> client_class;  ///< only sessions of this class

 private:
  // The fields of TbRelay.
  static constexpr int kUserIds = 1;
  static constexpr int kPdu = 2;
  static constexpr int kSequence = 3;
  static constexpr int kClientClass = 4;

  std::array<uint32_t, kMaxUsers> users_{};
  size_t count_ = 0;
};

}  // namespace talkbeat
