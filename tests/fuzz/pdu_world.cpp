#include "tests/fuzz/pdu_world.h"

#include <vector>

#include "base/check.h"
#include "base/pdu_protocol.h"
#include "base/utf8.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/message_types.h"
#include "tests/fuzz/placeholders.h"

namespace talkbeat::fuzz {

namespace {

constexpr size_t kLongestPdu = 16 << 20;  // that a server sends

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Readers in other languages refuse a PDU, all of it, where a `string` is no UTF-8.
bool has_utf8_texts(const Message& message) {
  const auto& reflect = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflect.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int size = field->is_repeated() ? reflect.FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      const bool list = field->is_repeated();
      if (field->type() == FieldDescriptor::TYPE_STRING) {
        if (!is_utf8(list ? reflect.GetRepeatedString(message, field, i) : reflect.GetString(message, field)))
          return false;
      } else if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
        if (!has_utf8_texts(list ? reflect.GetRepeatedMessage(message, field, i)
                                 : reflect.GetMessage(message, field))) {
          return false;
        }
      }
    }
  }
  return true;
}

bool is_well_formed(const PduHeader& header, std::string_view body) {
  if (header.version != 1 || header.service_id != service_of(header.command_id)) return false;
  const auto message = message_of(header.command_id);
  return message != nullptr && message->ParsePartialFromArray(body.data(), static_cast<int>(body.size())) &&
         message->IsInitialized() && has_utf8_texts(*message);
}

void put_in(std::string& body, std::string_view placeholder, const std::string& value) {
  if (value.size() != placeholder.size()) return;
  for (size_t at = body.find(placeholder); at != std::string::npos; at = body.find(placeholder, at + value.size())) {
    body.replace(at, value.size(), value);
  }
}

}  // namespace

void PduWorld::say(uint8_t number, uint16_t command, const std::string& body) {
  std::string filled = body;
  put_in(filled, kTaskPlaceholder, task_id);
  put_in(filled, kTokenPlaceholder, token);
  connect(number);
  std::string pdu(kPduHeaderSize, '\0');
  const PduHeader header = header_of(command, next_seq(number), filled.size());
  encode_header(header, std::as_writable_bytes(std::span(pdu)));
  deliver(number, pdu + filled);
}

void PduWorld::hear(uint8_t number, std::string_view bytes) {
  const auto outcome = peers_[number].framer.feed(
      bytes_of(bytes), [] { return kLongestPdu; },
      [&](const PduHeader& header, std::span<const std::byte> body) {
        const std::string text(reinterpret_cast<const char*>(body.data()), body.size());
        CHECK(!makes_own_pdus(number) || is_well_formed(header, text));
        heard(number, header, text);
        return true;
      });
  CHECK(outcome == PduFramer::Outcome::kOk);
}

}  // namespace talkbeat::fuzz
