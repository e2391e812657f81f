#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/status.h"

namespace talkbeat {

using KeyBytes = std::array<unsigned char, 32>;

/// A key out of a file of 64 hex digits, with white space around them allowed. Refuses a file that others can read or
/// change (private_file.h). `what` names it in the error: "cluster key".
///
///   const Result<KeyBytes> key = load_key_file("run/admin.key", "admin key");
///   if (!key.ok()) return fail(key.message());
Result<KeyBytes> load_key_file(const std::string& path, const std::string& what);

/// Compares in constant time, as far as the lengths are equal.
bool same_bytes(std::string_view left, std::string_view right);

}  // namespace talkbeat
