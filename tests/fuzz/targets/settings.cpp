// A server's settings, from a TOML file and --set: refused in one line and without any effect, or taken, and then what
// --print-config says is read again as the same. First byte: which server; then assignments, each behind its length,
// until an empty one; then the file.

#include <sys/mman.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/options.h"
#include "login_server/config.h"
#include "msg_server/config.h"
#include "tests/fuzz/fuzz_input.h"

namespace talkbeat::fuzz {
namespace {

// A file that has no place on a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : fd_(::memfd_create("settings", MFD_CLOEXEC)) {
    CHECK(::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

std::string printed(const OptionTable& table) {
  std::ostringstream out;
  table.print(out);
  return out.str();
}

void check_refusal(const std::string& message) {
  CHECK(!message.empty());
  CHECK(message.find('\n') == std::string::npos);
}

void check_taken(OptionTable& table) {
  const auto reloaded = table.reload();
  CHECK(reloaded.ok() && reloaded.value().changed.empty() && reloaded.value().needs_restart.empty());
  const std::string text = printed(table);
  const MemoryFile file(text);
  CHECK(table.load(file.path(), {}).ok());
  CHECK(printed(table) == text);
}

void check(OptionTable& table, const std::vector<std::string>& overrides, std::string_view toml) {
  const std::string before = printed(table);
  const MemoryFile file(toml);
  const Status loaded = table.load(file.path(), overrides);
  if (loaded.ok()) {
    check_taken(table);
  } else {
    check_refusal(loaded.message());
    CHECK(printed(table) == before);
  }
}

OptionTable& msg_server_table() {
  static MsgServerConfig config;
  static OptionTable table = describe(config);
  return table;
}

OptionTable& login_server_table() {
  static login::LoginServerConfig config;
  static OptionTable table = describe(config);
  return table;
}

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  FuzzInput input({data, size});
  auto& table = input.byte() % 2 == 0 ? msg_server_table() : login_server_table();
  std::vector<std::string> overrides;
  while (const uint8_t length = input.byte()) overrides.emplace_back(input.text(length));
  CHECK(table.load("", {}).ok());
  check(table, overrides, input.rest());
  return 0;
}
