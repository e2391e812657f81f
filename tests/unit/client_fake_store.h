#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// What the fake servers of the client library's tests remember.
namespace talkbeat {

class FakeServer;

struct FakeMessage {
  uint32_t from;
  std::string body;
  uint64_t key;
};

/// A group as its one user of interest sees it.
struct FakeGroup {
  std::vector<FakeMessage> messages;
  uint32_t joined_after = 0;  // earlier ones do not exist for the user
  uint32_t read = 0;
  bool member = true;
};

/// What the msg_servers of one fake cluster share.
struct FakeCluster {
  std::map<uint32_t, std::vector<FakeMessage>> stored;  // by peer
  std::map<uint32_t, uint32_t> read;                    // by peer: up to here
  std::map<uint32_t, FakeGroup> groups;                 // by group id
  FakeServer* home = nullptr;                           // where the user has logged in last
};

}  // namespace talkbeat
