// The small readers and the escaping of texts that peers and people write: what is meant for a line stays in it, what
// is meant for a terminal gives it no orders, a file's name leads nowhere else, and a number that was read is written
// as one that reads the same. The first byte says which one.

#include <algorithm>
#include <array>
#include <string>

#include "base/address.h"
#include "base/check.h"
#include "base/log_line.h"
#include "base/option_value.h"
#include "base/url_decoding.h"
#include "base/utf8.h"
#include "login_server/image_name.h"
#include "tests/fuzz/fuzz_input.h"
#include "tools/client/file_name.h"
#include "tools/client/terminal_text.h"
#include "tools/talkctl/import_sql_tokens.h"

namespace talkbeat::fuzz {
namespace {

bool is_ascii_line(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

void check_log_line(const std::string& text) {
  std::string line;
  append_log_event(line, "event", {{"peer", text}, {"next", 1}});
  CHECK(is_ascii_line(line));
  CHECK(line.starts_with("event peer=") && line.ends_with(" next=1"));
  CHECK(line.size() < 4 * kMaxLogValue + 64);
}

void check_terminal(const std::string& text) {
  CHECK(is_plain_text(printable(text)));
  CHECK(is_plain_text(without_control(text, '_')));
  CHECK(printable(printable(text)) == printable(text));
  CHECK(display_width(printable(text)) <= 2 * printable(text).size());
}

void check_name_of_file(const std::string& name) {
  CHECK(!name.empty() && name != "." && name != ".." && !name.starts_with('.') && !name.starts_with('-'));
  CHECK(name.find('/') == std::string::npos && name.find('\0') == std::string::npos && is_plain_text(name));
}

void check_file_name(const std::string& text) {
  const std::string name = safe_file_name(text);
  check_name_of_file(name);
  CHECK(name.size() <= kMaxFileName);
  CHECK(safe_file_name(name) == name);
  check_name_of_file(numbered_file_name(name, 2));
  const std::string part = part_file_name(name, text);
  CHECK(part.find('/') == std::string::npos && part.find('\0') == std::string::npos && part.size() <= 255);
}

void check_url(const std::string& text) {
  for (const bool plus_is_space : {false, true}) {
    const auto decoded = url_decode(text, plus_is_space);
    CHECK(!decoded || decoded->size() <= text.size());
    CHECK(!decoded || text.find('\0') != std::string::npos || decoded->find('\0') == std::string::npos);
  }
  (void)parse_query(text);
  if (const auto image = login::ImageName::from_url_path(text)) {
    CHECK(login::ImageName::from_url_path("/" + image->path()) == image);
    CHECK(image->path().find("..") == std::string::npos && image->bucket() < login::ImageName::kBuckets);
  }
}

void check_address(const std::string& text) {
  const Result<Address> address = Address::parse(text);
  if (!address.ok()) return;
  const Result<Address> again = Address::parse(address.value().to_string());
  CHECK(again.ok() && again.value() == address.value());
  const SocketAddress raw = address.value().to_sockaddr();
  CHECK(CompactAddress(address.value()).address() == address.value());
  CHECK(Address::from_sockaddr(raw.get(), raw.length).has_value());
}

void check_numbers(const std::string& text) {
  if (const auto ms = parse_duration(text)) CHECK(*ms >= 0 && parse_duration(format_duration(*ms)) == ms);
  if (const auto bytes = parse_bytes(text)) CHECK(*bytes >= 0 && parse_bytes(format_bytes(*bytes)) == bytes);
  if (const auto number = parse_integer(text)) CHECK(parse_integer(std::to_string(*number)) == number);
  CHECK(toml_quote(text).find('\n') == std::string::npos);
  std::string decoded;
  if (decode_hex(text, decoded)) CHECK(2 * decoded.size() <= text.size() + 1);
}

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  static constexpr std::array kChecks{check_log_line, check_terminal, check_file_name,
                                      check_url,      check_address,  check_numbers};
  FuzzInput input({data, size});
  const uint8_t which = input.byte();
  kChecks[which % kChecks.size()](std::string(input.rest()));
  return 0;
}
