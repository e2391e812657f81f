#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace talkbeat {

/// A character of a text in UTF-8, and how many bytes it takes.
struct CodePoint {
  uint32_t code = 0;
  size_t length = 0;  ///< 0: no UTF-8 begins here (also what is longer than needed, and halves of pairs)
};

/// The first character of a text that is not empty. Pure, as are the others.
CodePoint decode_utf8(std::string_view text);

bool is_utf8(std::string_view text);

/// UTF-8 without control characters (C0, DEL, C1): what may stand in a line of a list, and in a protobuf `string`,
/// which readers in other languages refuse, the whole PDU with it, where it is not UTF-8.
///
///   if (!is_plain_text(request.sign_info())) return ERROR_INVALID_ARGUMENT;
bool is_plain_text(std::string_view text);

/// Whether a terminal obeys the character in place of showing it: control characters (C0, DEL, C1), and those that turn
/// the writing's direction or stand for nothing (U+2028 to U+202E, U+FEFF and their like).
bool orders_a_terminal(uint32_t code);

}  // namespace talkbeat
