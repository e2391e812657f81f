#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {

using Sockets = std::vector<std::unique_ptr<RawSocket>>;

/// So many connections to a server's client port, that say nothing yet.
///
///   const Sockets crowd = connect_many(cluster, "msg_server_0", 1'000);
inline Sockets connect_many(const Cluster& cluster, const std::string& server, size_t count) {
  Sockets sockets;
  for (size_t i = 0; i < count; ++i) sockets.push_back(std::make_unique<RawSocket>(cluster.client_port(server)));
  return sockets;
}

/// Logs out, and waits until the server has closed.
inline void leave(WireClient& client) {
  client.ask<IM::Login::IMLogoutRsp>(IM::Login::IMLogoutReq());
  client.expect_close();
}

/// All that comes until the server closes; throws where it does not.
inline std::string last_words(RawSocket& socket) {
  std::string words;
  RawSocket::Event event{};
  do event = socket.read(words, Deadline(kPatience));
  while (event == RawSocket::Event::kBytes);
  if (event == RawSocket::Event::kTimeout) throw Unexpected("the server has not closed");
  return words;
}

/// The socket's system takes little for it that nobody reads.
inline void keep_little_room(const RawSocket& socket) {
  constexpr int kBytes = 4096;
  setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &kBytes, sizeof kBytes);
}

}  // namespace talkbeat::scenario
