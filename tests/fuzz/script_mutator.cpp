#include "tests/fuzz/script_mutator.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include "tests/fuzz/message_mutator.h"
#include "tests/fuzz/message_types.h"
#include "tests/fuzz/script.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace talkbeat::fuzz {

namespace {

using Steps = std::vector<Step>;

constexpr size_t kMaxBody = 8'192;

void damage(std::string& bytes) {
  const size_t size = bytes.size();
  bytes.resize(std::min(kMaxBody, size + 64));
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(bytes.data()), std::min(size, bytes.size()), bytes.size()));
}

uint16_t random_command(Random& random) {
  const auto known = random() % 8 != 0 ? script_commands() : all_commands();
  return known[random() % known.size()];
}

void write_new_body(Step& step, Random& random) {
  const auto message = message_of(step.command);
  if (message == nullptr) return damage(step.body);
  fill_fields(*message, random);
  step.body = message->SerializePartialAsString();
}

void change_body(Step& step, Random& random) {
  const auto message = message_of(step.command);
  if (message == nullptr || random() % 4 == 0 || !message->ParsePartialFromString(step.body)) return damage(step.body);
  for (size_t changes = random() % 3 + 1; changes > 0; --changes) change_field(*message, random);
  step.body = message->SerializePartialAsString();
}

Step random_step(Random& random) {
  Step step;
  step.connection = static_cast<uint8_t>(random() % kConnections);
  step.argument = static_cast<uint8_t>(random());
  if (random() % 4 == 0) step.kind = static_cast<Step::Kind>(random() % Step::kKinds);
  if (step.kind != Step::Kind::kPdu) return step;
  step.command = random_command(random);
  write_new_body(step, random);
  return step;
}

void change_step(Step& step, Random& random) {
  switch (step.kind) {
    case Step::Kind::kPdu:
      if (random() % 8 == 0) step.connection = static_cast<uint8_t>(random() % kConnections);
      if (random() % 8 != 0) return change_body(step, random);
      step.command = random() % 8 == 0 ? static_cast<uint16_t>(random()) : random_command(random);
      return write_new_body(step, random);
    case Step::Kind::kRaw:
      return damage(step.body);
    case Step::Kind::kSocket:
    case Step::Kind::kTime:
    case Step::Kind::kWorkers:
    case Step::Kind::kSpecial:
      step.argument = static_cast<uint8_t>(random());
      return;
  }
}

// A PDU's bytes as they are, so that its header can be damaged, and it can be cut between two reads.
void make_raw(Step& step) {
  if (step.kind != Step::Kind::kPdu) return;
  const auto length = static_cast<uint32_t>(step.body.size() + 16);
  std::string bytes(16, '\0');
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(length >> (24 - 8 * i));
  bytes[5] = 1;
  bytes[9] = bytes[10] = static_cast<char>(step.command >> 8);
  bytes[11] = static_cast<char>(step.command);
  step.kind = Step::Kind::kRaw;
  step.body.insert(0, bytes);
}

void change_order(Steps& steps, Random& random) {
  const auto at = steps.begin() + static_cast<ptrdiff_t>(random() % steps.size());
  switch (random() % 3) {
    case 0:
      steps.erase(at);
      return;
    case 1: {
      const Step copy = *at;
      steps.insert(at, random() % 8 == 0 ? 20 : 1, copy);
      return;
    }
    default:
      std::swap(*at, steps[random() % steps.size()]);
      return;
  }
}

void change(Steps& steps, Random& random) {
  const auto place = [&] { return steps.begin() + static_cast<ptrdiff_t>(random() % (steps.size() + 1)); };
  if (steps.empty() || random() % 4 == 0) {
    steps.insert(place(), random_step(random));
  } else if (random() % 4 == 0) {
    change_order(steps, random);
  } else if (random() % 24 == 0) {
    make_raw(steps[random() % steps.size()]);
  } else {
    change_step(steps[random() % steps.size()], random);
  }
}

size_t write_to(const Steps& steps, uint8_t* data, size_t max_size) {
  const std::string bytes = write_script(steps);
  const size_t size = std::min(bytes.size(), max_size);
  std::memcpy(data, bytes.data(), size);
  return size;
}

}  // namespace

}  // namespace talkbeat::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  using namespace talkbeat::fuzz;
  Random random(seed);
  if (random() % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  Steps steps = parse_script({data, size});
  for (size_t changes = random() % 4 + 1; changes > 0; --changes) change(steps, random);
  return write_to(steps, data, max_size);
}

// The beginning of one, and the end of the other.
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1, const uint8_t* data2, size_t size2,
                                            uint8_t* out, size_t max_size, unsigned seed) {
  using namespace talkbeat::fuzz;
  Random random(seed);
  Steps first = parse_script({data1, size1});
  const Steps second = parse_script({data2, size2});
  first.resize(random() % (first.size() + 1));
  const size_t from = random() % (second.size() + 1);
  std::copy(second.begin() + static_cast<ptrdiff_t>(from), second.end(), std::back_inserter(first));
  return write_to(first, out, max_size);
}
