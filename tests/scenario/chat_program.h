#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

/// talkchat on a cluster, for one user: typed into, or with a subcommand.
///
///   Program bob(chat_line(cluster, "bob", "msg_server_1"), Program::Input::kTyped);
///   await(bob, "connected to");
///   run(chat_line(cluster, "alice", {}, {"send", "--group", "team", "hello"}));
///
/// `server`: goes there, without asking; empty: to where login_server says.
std::vector<std::string> chat_line(const Cluster& cluster, const std::string& user, const std::string& server = {},
                                   const std::vector<std::string>& more = {});

/// Returns when the program has written the text so many times; what fails shows what it has written instead.
void await(Program& program, const std::string& text, size_t times = 1);

size_t count_of(const std::string& needle, const std::string& text);

/// What `mark` ("#team bob: line ") stands before, of each line in which it stands, in the order of the lines.
std::vector<std::string> said_behind(const std::string& mark, const std::string& text);

/// A file of so many bytes, none of which can be guessed from another one.
void make_file(const std::filesystem::path& path, size_t bytes);
bool same_bytes(const std::filesystem::path& one, const std::filesystem::path& other);

}  // namespace talkbeat::scenario
