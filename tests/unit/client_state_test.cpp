#include "tools/client/client_state.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace talkbeat {
namespace {

using enum ClientState;

const std::set<std::pair<ClientState, ClientState>> kAllowed = {
    {kDisconnected, kResolving}, {kDisconnected, kConnecting}, {kDisconnected, kWaiting},   {kResolving, kConnecting},
    {kResolving, kWaiting},      {kConnecting, kResolving},    {kConnecting, kLoggingIn},   {kConnecting, kWaiting},
    {kLoggingIn, kConnecting},   {kLoggingIn, kOnline},        {kLoggingIn, kDisconnected}, {kOnline, kDisconnected},
    {kWaiting, kResolving},      {kWaiting, kConnecting},
};

TEST(ClientState, every_pair_is_as_the_table_says) {
  for (int from = 0; from < kClientStates; ++from) {
    for (int to = 0; to < kClientStates; ++to) {
      const std::pair pair{static_cast<ClientState>(from), static_cast<ClientState>(to)};
      const bool closes = pair.second == kClosed && pair.first != kClosed;
      EXPECT_EQ(may_follow(pair.first, pair.second), closes || kAllowed.contains(pair))
          << to_string(pair.first) << " to " << to_string(pair.second);
    }
  }
}

TEST(ClientState, every_state_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (int state = 0; state < kClientStates; ++state) names.insert(to_string(static_cast<ClientState>(state)));
  EXPECT_EQ(names.size(), static_cast<size_t>(kClientStates));
  EXPECT_FALSE(names.contains("?"));
}

}  // namespace
}  // namespace talkbeat
