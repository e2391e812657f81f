#include <algorithm>
#include <vector>

#include "base/check.h"
#include "tests/sim/sim_network.h"

// What befalls a SimNetwork, and what is taken back: cuts, resets, processes and hosts that end.
namespace talkbeat::sim {

using Piece = SimSocket::Piece;

void SimNetwork::heal(HostId from, HostId to) {
  CHECK(path(from, to).cuts > 0);
  --path(from, to).cuts;
  resume_all();
}

void SimNetwork::isolate(HostId host, bool inwards, bool outwards) {
  hosts_[host].cut_off_in += inwards ? 1 : 0;
  hosts_[host].cut_off_out += outwards ? 1 : 0;
}

void SimNetwork::rejoin(HostId host, bool inwards, bool outwards) {
  hosts_[host].cut_off_in -= inwards ? 1 : 0;
  hosts_[host].cut_off_out -= outwards ? 1 : 0;
  resume_all();
}

void SimNetwork::resume_all() {
  for (SocketId id = 0; id < sockets_.size(); ++id) {
    SimSocket& socket = at(id);
    if (socket.listening || socket.peer == kNoSocketId || blocked(socket.peer_host, socket.host)) continue;
    if (!blocked(socket.host, socket.peer_host)) at(socket.peer).unacknowledged_since = -1;
    if (socket.coming.empty() || socket.coming.back().at != kHeld) continue;
    const Tick again = scheduler_.now() + rng_.between(kLeastRetransmission, kMostRetransmission);
    for (SimSocket::Coming& piece : socket.coming) piece.at = std::min(piece.at, again);
    tally_.add(Happening::kRetransmission);
    scheduler_.at(again, Scheduler::kWorld, [this, id] { arrive(id); });
  }
}

bool SimNetwork::reset_any(HostId host) {
  std::vector<SocketId> open;
  for (const SocketId id : hosts_[host].sockets) {
    if (at(id).open() && at(id).peer != kNoSocketId) open.push_back(id);
  }
  if (open.empty()) return false;
  const SocketId id = open[rng_.pick(open.size())];
  trace_.note("reset", host, id);
  const SocketId peer = at(id).peer;
  send(id, Piece::kReset);
  send(peer, Piece::kReset);
  return true;
}

void SimNetwork::end_process(HostId host, Ending how) {
  hosts_[host].ears = nullptr;
  hosts_[host].powered = how == Ending::kKilled;
  for (const SocketId id : std::vector<SocketId>(hosts_[host].sockets)) {
    if (how == Ending::kKilled) {
      if (at(id).owned) close(id);
      continue;
    }
    if (at(id).peer != kNoSocketId) at(at(id).peer).forget_coming();  // what it had sent is gone with it
    disown(id);
  }
}

void SimNetwork::power_on(HostId host) {
  hosts_[host].powered = true;
  resume_all();
}

}  // namespace talkbeat::sim
