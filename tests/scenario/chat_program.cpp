#include "tests/scenario/chat_program.h"

#include <fstream>
#include <random>

namespace talkbeat::scenario {

std::vector<std::string> chat_line(const Cluster& cluster, const std::string& user, const std::string& server,
                                   const std::vector<std::string>& more) {
  const std::string name = server.empty() ? "login_server_0" : server;
  std::vector<std::string> line{programs() / "talkchat",
                                server.empty() ? "--login" : "--server",
                                "127.0.0.1:" + std::to_string(cluster.client_port(name)),
                                "--user",
                                user,
                                "--password",
                                std::string(kPassword)};
  line.insert(line.end(), more.begin(), more.end());
  return line;
}

size_t count_of(const std::string& needle, const std::string& text) {
  size_t count = 0;
  for (size_t at = text.find(needle); at != std::string::npos; at = text.find(needle, at + 1)) ++count;
  return count;
}

void await(Program& program, const std::string& text, size_t times) {
  try {
    wait_until("\"" + text + "\"", [&] { return count_of(text, program.written()) >= times; });
  } catch (const Unexpected& late) {
    throw Unexpected(late.what() + ("; so far:\n" + program.written()));
  }
}

std::vector<std::string> said_behind(const std::string& mark, const std::string& text) {
  std::vector<std::string> said;
  for (const std::string& line : lines_of(text)) {
    const size_t at = line.find(mark);
    if (at != std::string::npos) said.push_back(line.substr(at + mark.size()));
  }
  return said;
}

void make_file(const std::filesystem::path& path, size_t bytes) {
  std::mt19937_64 numbers(bytes);
  std::string block(1 << 16, '\0');
  std::ofstream file(path, std::ios::binary);
  for (size_t left = bytes; left > 0; left -= std::min(left, block.size())) {
    for (char& byte : block) byte = static_cast<char>(numbers());
    file.write(block.data(), static_cast<std::streamsize>(std::min(left, block.size())));
  }
  if (!file.flush()) throw Unexpected("cannot write " + path.string());
}

bool same_bytes(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  if (std::filesystem::file_size(one, error) != std::filesystem::file_size(other, error) || error) return false;
  return contents(one) == contents(other);
}

}  // namespace talkbeat::scenario
