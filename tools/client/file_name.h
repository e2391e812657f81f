#pragma once

#include <string>
#include <string_view>

namespace talkbeat {

/// The name under which a file may be kept, made of what its sender calls it: only what stands behind the last / or \,
/// nothing that a terminal would obey, no hidden file, nothing that reads as an option, at most kMaxFileName bytes (the
/// extension stays). Never empty, never "." or "..". Pure functions.
///
///   safe_file_name("../../etc/passwd") == "passwd";  safe_file_name("\x1b[2J.png") == "_[2J.png"
std::string safe_file_name(std::string_view offered);

/// "photo (2).png", for where "photo.png" is taken already; the name itself for 0.
std::string numbered_file_name(const std::string& name, int number);

/// Where the bytes of an unfinished file gather: of the file's safe name and its task.
std::string part_file_name(const std::string& name, std::string_view task_id);

inline constexpr size_t kMaxFileName = 180;  ///< leaves room for a number and for the part's task

}  // namespace talkbeat
