// SessionTokens: what a holder of the key has issued is good for this name, until it expires, and nothing else is:
// whatever bytes a stranger makes up, whatever bit of a good token is turned.

#include <string>

#include "base/check.h"
#include "msg_server/session_token.h"
#include "tests/fuzz/fuzz_input.h"

namespace talkbeat::fuzz {
namespace {

constexpr int64_t kNow = 1'700'000'000;

const SessionTokens& tokens() {
  static const SessionTokens made{ClusterKey{}};
  return made;
}

bool forged(std::string_view token, std::string_view name) {
  const auto checked = tokens().verify(token, name, kNow);
  const auto* fault = std::get_if<TokenFault>(&checked);
  return fault != nullptr && *fault == TokenFault::kForged;
}

uint32_t number(FuzzInput& input) {
  const uint32_t high = input.word();
  return high << 16 | input.word();
}

void check_issued(const std::string& name, const TokenClaims& claims, uint16_t turned_bit) {
  const std::string token = tokens().issue(name, claims);
  CHECK(token.size() == SessionTokens::kSize);
  const auto checked = tokens().verify(token, name, kNow);
  if (claims.expires > kNow) {
    CHECK(std::get<TokenClaims>(checked) == claims);
  } else {
    CHECK(std::get<TokenFault>(checked) == TokenFault::kExpired);
  }
  CHECK(forged(token, name + "x"));
  CHECK(forged(token + "x", name));
  std::string altered = token;
  const size_t bit = turned_bit % (8 * token.size());
  altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ 1 << bit % 8);
  CHECK(forged(altered, name));
}

}  // namespace
}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace talkbeat;
  fuzz::FuzzInput input({data, size});
  const TokenClaims claims{.user = fuzz::number(input),
                           .client_class = input.byte() % 2 == 0 ? ClientClass::kPc : ClientClass::kMobile,
                           .token_version = fuzz::number(input),
                           .expires = fuzz::number(input)};
  const uint16_t turned_bit = input.word();
  const std::string name(input.text(input.byte()));
  fuzz::check_issued(name, claims, turned_bit);
  CHECK(fuzz::forged(input.rest(), name));
  return 0;
}
