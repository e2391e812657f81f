#include "msg_server/p2p_command.h"

#include "base/pdu_protocol.h"
#include "proto/wire_fields.h"

namespace talkbeat {

namespace {

// The fields of IMP2PCmdMsg.
constexpr int kFrom = 1;
constexpr int kTo = 2;
constexpr int kData = 3;

size_t body_size(const P2pCommand& command) {
  return varint_field_size(command.from) + varint_field_size(command.to) + bytes_field_size(command.data.size());
}

}  // namespace

size_t P2pCommand::pdu_size() const {
  return kPduHeaderSize + body_size(*this);
}

void P2pCommand::write_pdu(std::span<std::byte> into) const {
  encode_header(header_of(kCommandOf<IM::SwitchService::IMP2PCmdMsg>, 0, body_size(*this)), into);
  WireWriter(into.subspan(kPduHeaderSize))
      .field(kFrom, from)
      .field(kTo, to)
      .field(kData, std::as_bytes(std::span(data)));
}

std::optional<P2pCommand> p2p_command_in(std::span<const std::byte> body) {
  P2pCommand command;
  std::span<const std::byte> data;
  WireFields fields(body);
  const bool usual = fields.is(varint_tag(kFrom)) && fields.read(command.from) &&  //
                     fields.is(varint_tag(kTo)) && fields.read(command.to) &&      //
                     fields.is(bytes_tag(kData)) && fields.read(data) && fields.at_end();
  if (!usual) return std::nullopt;
  command.data = {reinterpret_cast<const char*>(data.data()), data.size()};
  return command;
}

}  // namespace talkbeat
