#pragma once

#include "base/epoll_transport.h"
#include "tools/client/client_network.h"

namespace talkbeat {

/// An event loop with all that clients need, for an application that has no loop of its own. Outlives its clients.
///
///   ClientLoop loop;
///   Client client(loop.network, options, listener);
///   client.start();
///   loop.events.run();
struct ClientLoop {
  SystemClock clock;
  SystemRng rng;
  EpollTransport transport;
  EventLoop events{clock, transport};
  ClientNetwork network{events, rng};
};

}  // namespace talkbeat
