#pragma once

#include <string>

#include "base/status.h"

namespace talkbeat {

/// A password that does not stand on the command line, where everybody on the machine sees it (ps): the first line of a
/// file, without its end; "-" is the standard input, of which nothing behind that line is taken. Blocks until it is
/// there. Fails where it cannot be read, or the line is empty or longer than 1,024 bytes.
///
///   const Result<std::string> password = read_password("-");
///   if (!password.ok()) return fail(password.message());
Result<std::string> read_password(const std::string& path);

}  // namespace talkbeat
