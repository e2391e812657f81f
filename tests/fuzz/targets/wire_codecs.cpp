// What is read and written without protobuf (RelayToUsers, P2pCommand, wire_fields.h) agrees with protobuf: whatever it
// accepts, protobuf accepts and understands alike; what protobuf has written in the usual way, it accepts; what it
// writes are protobuf's bytes.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/pdu_protocol.h"
#include "msg_server/p2p_command.h"
#include "proto/relay_to_users.h"
#include "proto/wire_fields.h"
#include "tests/fuzz/fuzz_input.h"

namespace talkbeat::fuzz {
namespace {

using IM::SwitchService::IMP2PCmdMsg;

template <class M>
std::optional<M> parsed(std::string_view body) {
  M message;
  if (!message.ParsePartialFromArray(body.data(), static_cast<int>(body.size()))) return std::nullopt;
  if (!message.IsInitialized()) return std::nullopt;
  return message;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string bytes_without_unknown(const google::protobuf::Message& message) {
  std::unique_ptr<google::protobuf::Message> copy(message.New());
  copy->CopyFrom(message);
  copy->DiscardUnknownFields();
  return copy->SerializeAsString();
}

void expect_same(const RelayToUsers& read, const TbRelay& relay) {
  CHECK(std::ranges::equal(read.users(), relay.user_ids()));
  CHECK(text_of(read.pdu) == relay.pdu());
  CHECK(read.sequence == (relay.has_message_sequence() ? std::optional(relay.message_sequence()) : std::nullopt));
  CHECK(read.client_class == (relay.has_client_class() ? std::optional(relay.client_class()) : std::nullopt));
  CHECK(!relay.has_group_id() && !relay.has_watchers_of() && !relay.has_except_user_id());
  std::string written(read.size(), '\0');
  read.write(std::as_writable_bytes(std::span(written)));
  CHECK(written == relay.SerializeAsString());
}

bool is_usual(const TbRelay& relay) {
  return relay.user_ids_size() > 0 && static_cast<size_t>(relay.user_ids_size()) <= RelayToUsers::kMaxUsers &&
         !relay.has_group_id() && !relay.has_watchers_of() && !relay.has_group_version() && !relay.has_except_user_id();
}

// A tenth byte of a varint, which no sequence of ours has, is left to protobuf.
bool is_short(const TbRelay& relay) {
  return relay.message_sequence() < uint64_t{1} << 63;
}

void check_relay(std::string_view body) {
  const auto relay = parsed<TbRelay>(body);
  if (const auto read = RelayToUsers::read(bytes_of(body))) {
    CHECK(relay);
    expect_same(*read, *relay);
  }
  if (!relay || !is_usual(*relay) || !is_short(*relay)) return;
  const std::string usual = bytes_without_unknown(*relay);
  const auto read = RelayToUsers::read(bytes_of(usual));
  CHECK(read);
  expect_same(*read, *parsed<TbRelay>(usual));
}

void expect_same(const P2pCommand& read, const IMP2PCmdMsg& message) {
  CHECK(read.from == message.from_user_id());
  CHECK(read.to == message.to_user_id());
  CHECK(read.data == message.cmd_msg_data());
  std::vector<std::byte> written(read.pdu_size());
  read.write_pdu(written);
  CHECK(std::ranges::equal(written, encode_pdu(message).bytes()));
}

void check_p2p(std::string_view body) {
  const auto message = parsed<IMP2PCmdMsg>(body);
  if (const auto read = p2p_command_in(bytes_of(body))) {
    CHECK(message);
    expect_same(*read, *message);
  }
  if (!message) return;
  const std::string usual = bytes_without_unknown(*message);
  const auto read = p2p_command_in(bytes_of(usual));
  CHECK(read);
  expect_same(*read, *parsed<IMP2PCmdMsg>(usual));
}

// Numbers and bytes one after the other: what is read is written again in the same way, or in a shorter one.
void check_fields(std::string_view body) {
  WireFields fields(bytes_of(body));
  std::vector<std::byte> room(2 * body.size() + 16);
  WireWriter writer(room);
  size_t size = 0;
  uint64_t number = 0;
  std::span<const std::byte> bytes;
  while (!fields.at_end()) {
    if (fields.is(varint_tag(1)) && fields.read(number)) {
      writer.field(1, number);
      size += varint_field_size(number);
    } else if (fields.is(bytes_tag(2)) && fields.read(bytes)) {
      writer.field(2, bytes);
      size += bytes_field_size(bytes.size());
    } else {
      break;
    }
    CHECK(size <= body.size());
  }
}

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  FuzzInput input({data, size});
  const bool relay = input.byte() % 2 == 0;
  const std::string_view body = input.rest();
  relay ? check_relay(body) : check_p2p(body);
  check_fields(body);
  return 0;
}
