// PduFramer: however the bytes are cut, the same PDUs come out, and those are what a reader of six lines finds. The
// first byte says what the limit is and where the receiver stops, the next ones how the bytes are cut.

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/pdu.h"
#include "tests/fuzz/fuzz_input.h"

namespace talkbeat::fuzz {
namespace {

using Outcome = PduFramer::Outcome;

struct Found {
  std::vector<std::string> pdus;  // header and body
  Outcome outcome = Outcome::kOk;
  uint32_t bad_length = 0;

  bool operator==(const Found&) const = default;
};

struct Receiver {
  size_t first_limit;  // until the first PDU, as before a login
  size_t limit;
  size_t stops_after;

  size_t limit_after(size_t pdus) const { return pdus == 0 ? first_limit : limit; }
};

std::string pdu_of(const PduHeader& header, std::span<const std::byte> body) {
  std::string pdu(kPduHeaderSize, '\0');
  encode_header(header, std::as_writable_bytes(std::span(pdu)));
  return pdu.append(reinterpret_cast<const char*>(body.data()), body.size());
}

Found frame(std::string_view bytes, std::span<const std::byte> sizes, const Receiver& receiver) {
  PduFramer framer;
  Found found;
  const auto on_pdu = [&](const PduHeader& header, std::span<const std::byte> body) {
    found.pdus.push_back(pdu_of(header, body));
    return found.pdus.size() < receiver.stops_after;
  };
  for (size_t turn = 0; !bytes.empty() && found.outcome == Outcome::kOk; ++turn) {
    const size_t wanted = sizes.empty() ? bytes.size() : std::to_integer<size_t>(sizes[turn % sizes.size()]) + 1;
    const size_t count = std::min(bytes.size(), wanted);
    found.outcome = framer.feed(
        bytes_of(bytes.substr(0, count)), [&] { return receiver.limit_after(found.pdus.size()); }, on_pdu);
    bytes.remove_prefix(count);
  }
  if (found.outcome == Outcome::kBadLength) found.bad_length = framer.bad_length();
  return found;
}

Found read_simply(std::string_view bytes, const Receiver& receiver) {
  Found found;
  while (bytes.size() >= kPduHeaderSize) {
    const PduHeader header = decode_header(bytes_of(bytes));
    const size_t limit = receiver.limit_after(found.pdus.size());
    if (header.length < kPduHeaderSize || header.length > limit)
      return {found.pdus, Outcome::kBadLength, header.length};
    if (header.length > bytes.size()) return found;
    found.pdus.emplace_back(bytes.substr(0, header.length));
    if (found.pdus.size() == receiver.stops_after) return {found.pdus, Outcome::kStopped, 0};
    bytes.remove_prefix(header.length);
  }
  return found;
}

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat::fuzz;
  FuzzInput input({data, size});
  const uint8_t first = input.byte();
  const Receiver receiver{
      .first_limit = size_t{16} << (first & 3),
      .limit = size_t{16} << (first >> 2 & 3) * 3,
      .stops_after = (first >> 4 & 7) == 7 ? 2u : SIZE_MAX,
  };
  const std::string_view sizes = input.text(input.byte() % 16u);
  const std::string_view bytes = input.rest();
  const Found whole = frame(bytes, {}, receiver);
  CHECK(whole == read_simply(bytes, receiver));
  CHECK(whole == frame(bytes, talkbeat::bytes_of(sizes), receiver));
  return 0;
}
