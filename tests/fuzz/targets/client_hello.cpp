// ClientHelloScan, which sees the first bytes of every stranger on a TLS port: however they are cut, it finds the same,
// and that is what a reader of some lines finds who has all of them. The first bytes say how they are cut.

#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/client_hello.h"
#include "tests/fuzz/fuzz_input.h"

namespace talkbeat::fuzz {
namespace {

using Found = ClientHelloScan::Found;

constexpr size_t kRecordHeader = 5;
constexpr size_t kMessageHeader = 4;
constexpr size_t kMaxRecord = (16 << 10) + 256;

uint8_t at(std::string_view bytes, size_t place) {
  return static_cast<uint8_t>(bytes[place]);
}

size_t number(std::string_view digits) {
  size_t value = 0;
  for (size_t i = 0; i < digits.size(); ++i) value = value << 8 | at(digits, i);
  return value;
}

Found scan(std::string_view bytes, std::string_view sizes) {
  ClientHelloScan scan;
  Found found = scan.look({});
  for (size_t turn = 0; !bytes.empty(); ++turn) {
    const size_t wanted = sizes.empty() ? bytes.size() : at(sizes, turn % sizes.size()) + size_t{1};
    const size_t count = std::min(bytes.size(), wanted);
    const Found before = found;
    found = scan.look(bytes_of(bytes.substr(0, count)));
    CHECK(before != Found::kBad || found == Found::kBad);
    CHECK(before != Found::kComplete || found != Found::kPart);
    bytes.remove_prefix(count);
  }
  CHECK((found == Found::kBad) == (scan.fault() != nullptr));
  return found;
}

/// The messages of the records, one after the other.
class Reader {
 public:
  Found read(std::string_view bytes) {
    while (!over_ && bytes.size() >= kRecordHeader) {
      const size_t length = number(bytes.substr(3, 2));
      if (at(bytes, 1) != 3 || length == 0 || length > kMaxRecord) return Found::kBad;
      const std::string_view body = bytes.substr(kRecordHeader, length);
      if (!take_record(at(bytes, 0), body)) return Found::kBad;
      bytes.remove_prefix(kRecordHeader + body.size());
    }
    return complete_ ? Found::kComplete : Found::kPart;
  }

 private:
  // False: no TLS, or too long.
  bool take_record(uint8_t type, std::string_view body) {
    constexpr uint8_t kHandshake = 22;
    constexpr uint8_t kChangeCipherSpec = 20;
    if (type != kHandshake) {
      over_ = type != kChangeCipherSpec;
      return complete_;
    }
    for (size_t i = 0; i < body.size() && !over_; ++i) {
      message_ += body[i];
      if (message_.size() >= kMessageHeader && !look_at_message()) return false;
    }
    return true;
  }
  bool look_at_message() {
    constexpr uint8_t kClientHello = 1;
    if (at(message_, 0) != kClientHello) {
      over_ = true;
      return complete_;
    }
    const size_t length = number(std::string_view(message_).substr(1, 3));
    if (length == 0 || length > ClientHelloScan::kMaxHello) return false;
    if (message_.size() < kMessageHeader + length) return true;
    complete_ = true;
    message_.clear();
    return true;
  }

  std::string message_;
  bool complete_ = false;
  bool over_ = false;
};

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  FuzzInput input({data, size});
  const std::string_view sizes = input.text(input.byte() % 16u);
  const std::string_view bytes = input.rest();
  const auto found = scan(bytes, {});
  CHECK(found == Reader().read(bytes));
  CHECK(found == scan(bytes, sizes));
  return 0;
}
