// HttpRequestParser: however the bytes are cut, the same requests come out, and the same error. The first bytes say how
// they are cut and how long bodies may be.

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/http_request.h"
#include "tests/fuzz/fuzz_input.h"

namespace talkbeat::fuzz {
namespace {

using Progress = HttpRequestParser::Progress;

struct Found {
  std::vector<HttpRequest> requests;
  int error = 0;
  bool in_request = false;
};

bool same(const HttpRequest& left, const HttpRequest& right) {
  return left.method == right.method && left.path == right.path && left.query == right.query &&
         left.headers == right.headers && left.body == right.body && left.keep_alive == right.keep_alive &&
         left.upgrade == right.upgrade;
}

// What a port may rely on where a request is complete.
void check_request(const HttpRequest& request, size_t max_body) {
  CHECK(request.body.size() <= max_body);
  CHECK(!request.method.empty());
  CHECK(request.path.find('\0') == std::string::npos);
  for (const auto& [name, value] : request.headers) {
    CHECK(name.find_first_of("\r\n") == std::string::npos);
    CHECK(value.find_first_of("\r\n") == std::string::npos);
    CHECK(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }));
  }
}

Found parse(std::string_view bytes, std::string_view sizes, size_t max_body, size_t judged_body) {
  HttpRequestParser parser(max_body);
  Found found;
  size_t allowed = max_body;
  for (size_t turn = 0; !bytes.empty() && found.error == 0; ++turn) {
    const size_t wanted = sizes.empty() ? bytes.size() : static_cast<uint8_t>(sizes[turn % sizes.size()]) + size_t{1};
    std::string_view piece = bytes.substr(0, wanted);
    bytes.remove_prefix(piece.size());
    while (!piece.empty() && found.error == 0) {
      const auto fed = parser.feed(bytes_of(piece));
      CHECK(fed.consumed <= piece.size());
      piece.remove_prefix(fed.consumed);
      switch (fed.progress) {
        case Progress::kMore:
          CHECK(piece.empty());
          break;
        case Progress::kHead:
          allowed = parser.allow_body(judged_body) ? judged_body : 0;
          break;
        case Progress::kComplete:
          found.requests.push_back(parser.take());
          check_request(found.requests.back(), allowed);
          break;
        case Progress::kError:
          found.error = parser.error_status();
          break;
      }
    }
  }
  found.in_request = parser.in_request();
  return found;
}

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  FuzzInput input({data, size});
  const size_t judged_body = input.byte();
  const std::string_view sizes = input.text(input.byte() % 16u);
  const std::string_view bytes = input.rest();
  const Found whole = parse(bytes, {}, 64, judged_body);
  const Found cut = parse(bytes, sizes, 64, judged_body);
  CHECK(whole.error == 0 || (whole.error >= 400 && whole.error < 600));
  CHECK(whole.error == cut.error && whole.in_request == cut.in_request);
  CHECK(std::ranges::equal(whole.requests, cut.requests, same));
  return 0;
}
