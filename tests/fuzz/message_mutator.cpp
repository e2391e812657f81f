#include "tests/fuzz/message_mutator.h"

#include <array>
#include <limits>
#include <string_view>

#include "tests/fuzz/message_types.h"
#include "tests/fuzz/placeholders.h"

namespace talkbeat::fuzz {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

constexpr size_t kMaxEntries = 50;

uint64_t random_number(Random& random) {
  static constexpr std::array<uint64_t, 16> kEdges{
      0, 1, 2, 3, 4, 255, 256, 1000, 65535, 65536, 0x7fffffff, 0x80000000, 100000, 0xffffffff, 0xfffffffe, UINT64_MAX};
  if (random() % 4 != 0) return random() % 6;  // ids that exist, counts, enums
  if (random() % 4 != 0) return kEdges[random() % kEdges.size()];
  return uint64_t{random()} << random() % 33;
}

// Sets the value, or with `add` appends one.
template <class T, class Set, class Add>
void put(bool add, T value, Set set, Add append) {
  if (add) {
    append(std::move(value));
  } else {
    set(std::move(value));
  }
}

int random_enum(const FieldDescriptor& field, Random& random) {
  const auto& type = *field.enum_type();
  return type.value(static_cast<int>(random() % static_cast<size_t>(type.value_count())))->number();
}

void put_scalar(Message& message, const FieldDescriptor& field, bool add, Random& random) {
  const Reflection& reflect = *message.GetReflection();
  const uint64_t number = random_number(random);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return add ? reflect.AddInt32(&message, &field, static_cast<int32_t>(number))
                 : reflect.SetInt32(&message, &field, static_cast<int32_t>(number));
    case FieldDescriptor::CPPTYPE_INT64:
      return add ? reflect.AddInt64(&message, &field, static_cast<int64_t>(number))
                 : reflect.SetInt64(&message, &field, static_cast<int64_t>(number));
    case FieldDescriptor::CPPTYPE_UINT32:
      return add ? reflect.AddUInt32(&message, &field, static_cast<uint32_t>(number))
                 : reflect.SetUInt32(&message, &field, static_cast<uint32_t>(number));
    case FieldDescriptor::CPPTYPE_UINT64:
      return add ? reflect.AddUInt64(&message, &field, number) : reflect.SetUInt64(&message, &field, number);
    case FieldDescriptor::CPPTYPE_BOOL:
      return add ? reflect.AddBool(&message, &field, number % 2 != 0)
                 : reflect.SetBool(&message, &field, number % 2 != 0);
    case FieldDescriptor::CPPTYPE_ENUM:
      return add ? reflect.AddEnumValue(&message, &field, random_enum(field, random))
                 : reflect.SetEnumValue(&message, &field, random_enum(field, random));
    case FieldDescriptor::CPPTYPE_STRING:
      return add ? reflect.AddString(&message, &field, random_text(random))
                 : reflect.SetString(&message, &field, random_text(random));
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;  // our protocol has no fractions; messages are the caller's
  }
}

void put_value(Message& message, const FieldDescriptor& field, Random& random) {
  const Reflection& reflect = *message.GetReflection();
  const bool add = field.is_repeated();
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return put_scalar(message, field, add, random);
  fill_fields(add ? *reflect.AddMessage(&message, &field) : *reflect.MutableMessage(&message, &field), random);
}

void change_list(Message& message, const FieldDescriptor& field, Random& random) {
  const Reflection& reflect = *message.GetReflection();
  const int size = reflect.FieldSize(message, &field);
  if (size > 0 && random() % 3 == 0) return reflect.RemoveLast(&message, &field);
  if (size > 0 && random() % 2 == 0 && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const auto index = static_cast<int>(random() % static_cast<size_t>(size));
    return change_field(*reflect.MutableRepeatedMessage(&message, &field, index), random);
  }
  const size_t more = random() % 8 == 0 ? kMaxEntries : 1;
  for (size_t i = 0; i < more; ++i) put_value(message, field, random);
}

}  // namespace

std::string random_text(Random& random) {
  static constexpr std::array<std::string_view, 14> kTexts{"alice",
                                                           "bob",
                                                           "carol",
                                                           "secret",
                                                           "",
                                                           "a\nb\r\x1b[31m",
                                                           std::string_view("nul\0nul", 7),
                                                           "\xff\xfe\xc0\x80",
                                                           "\xe4\xbd\xa0\xe5\xa5\xbd",
                                                           "127.0.0.1",
                                                           "../../etc/passwd",
                                                           "{\"a\":1}",
                                                           kTaskPlaceholder,
                                                           kTokenPlaceholder};
  if (random() % 3 != 0) return std::string(kTexts[random() % kTexts.size()]);
  std::string text(random() % 65, static_cast<char>(random()));
  for (char& c : text) {
    if (random() % 4 == 0) c = static_cast<char>(random());
  }
  if (random() % 16 == 0) text.append(random() % 6'000, 'x');
  return text;
}

void change_field(Message& message, Random& random) {
  const auto& type = *message.GetDescriptor();
  if (type.field_count() == 0) return;
  const FieldDescriptor& field = *type.field(static_cast<int>(random() % static_cast<size_t>(type.field_count())));
  const Reflection& reflect = *message.GetReflection();
  if (field.is_repeated()) return change_list(message, field, random);
  if (random() % 8 == 0) return reflect.ClearField(&message, &field);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && reflect.HasField(message, &field)) {
    return change_field(*reflect.MutableMessage(&message, &field), random);
  }
  put_value(message, field, random);
}

void fill_fields(Message& message, Random& random) {
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_required() || random() % 2 == 0) put_value(message, field, random);
  }
}

std::string filled_body(uint16_t command, Random& random) {
  const auto message = message_of(command);
  fill_fields(*message, random);
  return message->SerializeAsString();
}

}  // namespace talkbeat::fuzz
