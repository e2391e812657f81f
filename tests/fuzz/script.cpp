#include "tests/fuzz/script.h"

#include <algorithm>
#include <limits>

#include "tests/fuzz/fuzz_input.h"

namespace talkbeat::fuzz {

namespace {

constexpr size_t kMaxBody = std::numeric_limits<uint16_t>::max();

void put_word(std::string& to, size_t value) {
  to += static_cast<char>(value >> 8);
  to += static_cast<char>(value);
}

Step read_step(FuzzInput& input) {
  Step step;
  const uint8_t first = input.byte();
  step.kind = static_cast<Step::Kind>((first >> 4) % Step::kKinds);
  step.connection = static_cast<uint8_t>((first & 0xf) % kConnections);
  if (step.kind == Step::Kind::kPdu) step.command = input.word();
  if (step.kind == Step::Kind::kPdu || step.kind == Step::Kind::kRaw) {
    const uint16_t length = input.word();
    step.body = input.text(length);
  } else {
    step.argument = input.byte();
  }
  return step;
}

}  // namespace

std::vector<Step> parse_script(std::span<const uint8_t> bytes) {
  FuzzInput input(bytes);
  std::vector<Step> steps;
  while (!input.empty() && steps.size() < kMaxSteps) steps.push_back(read_step(input));
  return steps;
}

std::string write_script(std::span<const Step> steps) {
  std::string bytes;
  for (const Step& step : steps) {
    bytes += static_cast<char>(static_cast<uint8_t>(step.kind) << 4 | step.connection);
    if (step.kind == Step::Kind::kPdu) put_word(bytes, step.command);
    if (step.kind == Step::Kind::kPdu || step.kind == Step::Kind::kRaw) {
      const size_t length = std::min(step.body.size(), kMaxBody);
      put_word(bytes, length);
      bytes.append(step.body, 0, length);
    } else {
      bytes += static_cast<char>(step.argument);
    }
  }
  return bytes;
}

}  // namespace talkbeat::fuzz
