#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <memory>
#include <span>

namespace talkbeat::fuzz {

/// An empty message of the type that travels under this command (proto/command_of.h); nullptr: no type does.
std::unique_ptr<google::protobuf::Message> message_of(uint16_t command);

/// All commands that have a type, ascending.
std::span<const uint16_t> all_commands();

}  // namespace talkbeat::fuzz
