#pragma once

#include <google/protobuf/message.h>

#include <random>
#include <string>

namespace talkbeat::fuzz {

using Random = std::mt19937;

/// Up to 64 bytes of any kind: a name or number that means something to the servers, long texts, control characters,
/// what is no UTF-8.
std::string random_text(Random& random);

/// Gives one field of the message, at any depth, another value, or none, or (in a list) one more or fewer.
void change_field(google::protobuf::Message& message, Random& random);

/// Gives every required field a value, and some of the others.
void fill_fields(google::protobuf::Message& message, Random& random);
/// A body of that command, so filled.
std::string filled_body(uint16_t command, Random& random);

}  // namespace talkbeat::fuzz
