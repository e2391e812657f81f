#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "msg_server/push/push_queue.h"

namespace talkbeat {

// What goes to the push gateway and what it may answer (OPERATIONS.md, "Push"). Pure.

/// The request's body, JSON. Names that are no UTF-8 get signs of replacement.
std::string encode_pushes(std::string_view delivery_id, std::span<const PushNotice> pushes);

/// The device tokens that the gateway calls dead: {"invalid_tokens": […]}. Any other answer names none.
std::vector<std::string> invalid_tokens(std::string_view answer);

}  // namespace talkbeat
