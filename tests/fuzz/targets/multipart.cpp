// The form in which a picture is uploaded: what parse_multipart() finds lies in the body, between delimiters, and
// nothing that it calls content has a delimiter in it. First byte: the length of the Content-Type, which comes next.

#include <algorithm>
#include <string>

#include "base/check.h"
#include "login_server/image_name.h"
#include "login_server/multipart.h"
#include "tests/fuzz/fuzz_input.h"

namespace talkbeat::fuzz {
namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// The boundary, and behind it what makes a delimiter of it.
bool has_delimiter(std::string_view content, const std::string& boundary) {
  const std::string mark = "\r\n--" + boundary;
  for (size_t at = content.find(mark); at != std::string_view::npos; at = content.find(mark, at + 1)) {
    const std::string_view behind = content.substr(at + mark.size());
    const size_t blanks = std::min(behind.find_first_not_of(" \t"), behind.size());
    if (behind.starts_with("--") || behind.substr(blanks).starts_with("\r\n")) return true;
  }
  return false;
}

void check_parts(std::string_view body, const std::string& boundary) {
  const auto parts = login::parse_multipart(body, boundary);
  if (!parts) return;
  CHECK(parts->size() <= login::kMaxFormParts);
  for (const login::FormPart& part : *parts) {
    CHECK(lies_in(part.name, body) && lies_in(part.content, body));
    CHECK(!part.filename || lies_in(*part.filename, body));
    CHECK(!has_delimiter(part.content, boundary));
    (void)login::image_type_of(part.content);
  }
}

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat;
  fuzz::FuzzInput input({data, size});
  const std::string_view type = input.text(input.byte());
  const std::string_view body = input.rest();
  const auto boundary = login::multipart_boundary(type);
  if (boundary) CHECK(!boundary->empty() && boundary->size() <= 70);
  fuzz::check_parts(body, boundary.value_or("b"));
  return 0;
}
