#pragma once

#include "tests/unit/loop_fixture.h"

namespace talkbeat {

/// Connections of a table on real sockets and a fake clock, and why they were closed.
class ConnectionTest : public LoopTest {
 protected:
  Connection& open(Pair& pair) { return table.adopt(pair.ours, {"127.0.0.1", 1}, protocol); }
  bool all_gone() {
    return turn_until([this] { return table.size() == 0; });
  }
  bool has_all(Peer& peer, std::string_view wanted) {
    std::string text;
    const bool complete = turn_until([&] { return (text += peer.receive()).size() >= wanted.size(); });
    return complete && text == wanted;
  }
  // Sends until the kernels hold all that they will, and `waiting` bytes more.
  void fill(Connection& connection, size_t waiting) {
    const std::string block(64 * 1024, 'x');
    for (int i = 0; i < 1'000 && connection.waiting_to_send() < waiting; ++i) {
      connection.send(bytes_of(block));
      turn();
    }
    ASSERT_GE(connection.waiting_to_send(), waiting);
  }

  RecordingProtocol protocol;
  std::vector<std::string> observed;
  ConnectionTable table{loop, [this](const Connection&, CloseReason reason) { observed.push_back(to_string(reason)); }};
};

using Reasons = std::vector<std::string>;

}  // namespace talkbeat
