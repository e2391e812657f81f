#include "tests/sim/sim_network.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace talkbeat::sim {

using Piece = SimSocket::Piece;

namespace {

constexpr Tick kSynAgain = 1'000;

}  // namespace

SimNetwork::SimNetwork(Scheduler& scheduler, SimRng rng, Trace& trace, Tally& tally)
    : scheduler_(scheduler), rng_(rng), trace_(trace), tally_(tally) {}

HostId SimNetwork::add_host(std::string ip) {
  hosts_.push_back({});
  hosts_.back().ip = std::move(ip);
  for (auto& row : paths_) row.emplace_back();
  paths_.emplace_back(hosts_.size());
  return static_cast<HostId>(hosts_.size() - 1);
}

void SimNetwork::attach(HostId host, HostEars* ears) {
  hosts_[host].ears = ears;
}

HostId SimNetwork::host_of(const std::string& ip) const {
  const auto found = std::ranges::find(hosts_, ip, &Host::ip);
  CHECK(found != hosts_.end());
  return static_cast<HostId>(found - hosts_.begin());
}

bool SimNetwork::blocked(HostId from, HostId to) const {
  const Host& sender = hosts_[from];
  const Host& receiver = hosts_[to];
  return paths_[from][to].cuts > 0 || sender.cut_off_out > 0 || receiver.cut_off_in > 0 || !sender.powered ||
         !receiver.powered;
}

Tick SimNetwork::travel_time(HostId from, HostId to) {
  const Host& sender = hosts_[from];
  const Host& receiver = hosts_[to];
  Tick time = 1 + static_cast<Tick>(rng_.pick(static_cast<uint64_t>(manners_.jitter) + 1));
  time += sender.slowness + receiver.slowness;
  const double loss = std::max(sender.loss, receiver.loss);
  if (loss > 0 && rng_.chance(loss)) {
    tally_.add(Happening::kRetransmission);
    time += rng_.between(kLeastRetransmission, kMostRetransmission / 2);
  }
  return time;
}

SocketId SimNetwork::add_socket(HostId host) {
  sockets_.push_back(std::make_unique<SimSocket>());
  SimSocket& socket = *sockets_.back();
  socket.host = host;
  socket.owned = true;
  const auto id = static_cast<SocketId>(sockets_.size() - 1);
  hosts_[host].sockets.push_back(id);
  return id;
}

void SimNetwork::disown(SocketId id) {
  at(id).owned = false;
  std::erase(hosts_[at(id).host].sockets, id);
}

void SimNetwork::tell(SocketId id) {
  HostEars* ears = hosts_[at(id).host].ears;
  if (ears != nullptr && at(id).owned) ears->socket_ready(id);
}

// ---- what a process asks its kernel for

SocketId SimNetwork::listen(HostId host, const Address& address, const TcpOptions& options) {
  if (find_listener(host, address.port) != kNoSocketId) return kNoSocketId;
  const SocketId id = add_socket(host);
  at(id).local = {hosts_[host].ip, address.port};
  at(id).listening = true;
  at(id).options = options;
  return id;
}

SocketId SimNetwork::accept(SocketId listener) {
  SimSocket& socket = at(listener);
  if (socket.backlog.empty()) return kNoSocketId;
  const SocketId id = socket.backlog.front();
  socket.backlog.pop_front();
  return id;
}

SocketId SimNetwork::connect(HostId host, const Address& to, const TcpOptions& options) {
  const SocketId id = add_socket(host);
  SimSocket& socket = at(id);
  socket.local = {hosts_[host].ip, hosts_[host].next_port++};
  socket.connecting = true;
  socket.options = options;
  socket.peer_host = host_of(to.ip);
  const Tick time = travel_time(host, socket.peer_host);
  scheduler_.after(time, Scheduler::kWorld, [this, id, to] { syn_arrives(id, to); });
  return id;
}

SocketId SimNetwork::find_listener(HostId host, uint16_t port) const {
  for (const SocketId id : hosts_[host].sockets) {
    if (at(id).listening && at(id).local.port == port) return id;
  }
  return kNoSocketId;
}

void SimNetwork::syn_arrives(SocketId client, Address to) {
  SimSocket& caller = at(client);
  if (!caller.owned || !caller.connecting || caller.error != 0) return;
  const HostId host = caller.peer_host;
  const bool lost = blocked(caller.host, host) || blocked(host, caller.host);
  const SocketId listener = lost ? kNoSocketId : find_listener(host, to.port);
  const bool full =
      listener != kNoSocketId && at(listener).backlog.size() >= static_cast<size_t>(at(listener).options.backlog);
  if (lost || full) {
    scheduler_.after(kSynAgain, Scheduler::kWorld, [this, client, to] { syn_arrives(client, to); });
    return;
  }
  const bool refused = manners_.refused_connects > 0 && rng_.chance(manners_.refused_connects);
  if (listener == kNoSocketId || refused) {
    if (refused) tally_.add(Happening::kConnectRefused);
    send(client, Piece::kReset);
    return;
  }
  const SocketId id = add_socket(host);
  SimSocket& server = at(id);
  server.local = to;
  server.peer = client;
  server.peer_host = at(client).host;
  server.options = at(listener).options;
  at(client).peer = id;
  at(listener).backlog.push_back(id);
  trace_.note("connected", host, id, client);
  tally_.add(Happening::kConnected);
  send(client, Piece::kEstablished);
  tell(listener);
  if (manners_.broken_in_backlog > 0 && rng_.chance(manners_.broken_in_backlog)) {
    tally_.add(Happening::kResetInBacklog);
    fail(id, ECONNRESET);
    send(client, Piece::kReset);
  }
}

Address SimNetwork::peer_address(SocketId id) const {
  return at(at(id).peer).local;
}

IoResult SimNetwork::read(SocketId id, std::span<std::byte> into) {
  SimSocket& socket = at(id);
  const size_t there = socket.arrived.size() - socket.taken;
  if (there == 0) {
    if (socket.error != 0) return {0, std::exchange(socket.error_told, true) ? 0 : socket.error};
    if (socket.peer_finished) return {0, 0};
    return {0, EAGAIN};
  }
  size_t count = std::min(into.size(), there);
  if (count > 1 && manners_.short_reads > 0 && rng_.chance(manners_.short_reads)) {
    count = 1 + rng_.pick(rng_.chance(0.5) ? std::min<size_t>(count, 20) : count);
    count = std::min({count, into.size(), there});
    tally_.add(Happening::kShortRead);
  }
  std::memcpy(into.data(), socket.arrived.data() + socket.taken, count);
  const bool was_full = socket.unread() >= manners_.window;
  socket.taken += count;
  if (socket.taken == socket.arrived.size()) {
    socket.arrived.clear();
    socket.taken = 0;
  }
  if (was_full && socket.peer != kNoSocketId) tell(socket.peer);
  return {count, 0};
}

IoResult SimNetwork::write(SocketId id, std::span<const iovec> pieces) {
  SimSocket& socket = at(id);
  if (socket.error != 0) return {0, std::exchange(socket.error_told, true) ? EPIPE : socket.error};
  if (socket.finished) return {0, EPIPE};
  if (socket.connecting) return {0, EAGAIN};
  const size_t under_way = at(socket.peer).unread();
  size_t room = under_way < manners_.window ? manners_.window - under_way : 0;
  if (room == 0) {
    tally_.add(Happening::kWindowFull);
    return {0, EAGAIN};
  }
  if (manners_.short_writes > 0 && rng_.chance(manners_.short_writes)) {
    room = std::min<size_t>(room, 1 + rng_.pick(100));
    tally_.add(Happening::kShortWrite);
  }
  std::string bytes;
  for (const iovec& piece : pieces) {
    const size_t count = std::min(piece.iov_len, room - bytes.size());
    bytes.append(static_cast<const char*>(piece.iov_base), count);
  }
  const size_t count = bytes.size();
  send(socket.peer, Piece::kData, std::move(bytes));
  return {count, 0};
}

void SimNetwork::finish_sending(SocketId id) {
  SimSocket& socket = at(id);
  if (socket.finished || !socket.open()) return;
  socket.finished = true;
  send(socket.peer, Piece::kFin);
}

// With bytes that nobody has read, a kernel says so by a reset, and forgets what it had still to send.
void SimNetwork::close(SocketId id) {
  SimSocket& socket = at(id);
  if (socket.listening) {
    for (const SocketId waiting : std::exchange(socket.backlog, {})) abandon(waiting);
  } else if (socket.open()) {
    if (socket.taken < socket.arrived.size()) {
      send_reset(socket.peer);
    } else {
      finish_sending(id);
    }
  }
  disown(id);
}

void SimNetwork::abandon(SocketId id) {
  SimSocket& socket = at(id);
  if (socket.open()) send_reset(socket.peer);
  disown(id);
}

Tick SimNetwork::since_arrival(SocketId id) const {
  return scheduler_.now() - at(id).arrived_at;
}

bool SimNetwork::readable(SocketId id) const {
  const SimSocket& socket = at(id);
  if (socket.listening) return !socket.backlog.empty();
  return socket.taken < socket.arrived.size() || socket.peer_finished || socket.error != 0;
}

bool SimNetwork::writable(SocketId id) const {
  const SimSocket& socket = at(id);
  if (socket.listening || socket.connecting) return socket.error != 0;
  return socket.error != 0 || at(socket.peer).unread() < manners_.window;
}

bool SimNetwork::broken(SocketId id) const {
  const SimSocket& socket = at(id);
  return socket.error != 0 || (socket.finished && socket.peer_finished);
}

// ---- what travels

void SimNetwork::send(SocketId to, Piece what, std::string bytes) {
  SimSocket& receiver = at(to);
  Tick when = scheduler_.now() + travel_time(receiver.peer_host, receiver.host);
  if (what == Piece::kData && bytes.size() > 1 && manners_.split > 0 && rng_.chance(manners_.split)) {
    tally_.add(Happening::kSplitPiece);
    const size_t first = 1 + rng_.pick(bytes.size() - 1);
    enqueue(to, when, what, bytes.substr(0, first));
    bytes.erase(0, first);
    when += rng_.between(1, 40);
  }
  enqueue(to, when, what, std::move(bytes));
}

void SimNetwork::enqueue(SocketId to, Tick when, Piece what, std::string bytes) {
  SimSocket& receiver = at(to);
  if (!receiver.coming.empty()) when = std::max(when, receiver.coming.back().at);
  receiver.coming_bytes += bytes.size();
  receiver.coming.push_back({when, what, std::move(bytes)});
  if (when == kHeld) {
    if (receiver.peer != kNoSocketId) note_unacknowledged(receiver.peer);
  } else {
    scheduler_.at(when, Scheduler::kWorld, [this, to] { arrive(to); });
  }
}

void SimNetwork::arrive(SocketId to) {
  SimSocket& receiver = at(to);
  bool news = false;
  while (!receiver.coming.empty() && receiver.coming.front().at <= scheduler_.now()) {
    if (blocked(receiver.peer_host, receiver.host)) {
      for (SimSocket::Coming& piece : receiver.coming) piece.at = kHeld;
      if (receiver.peer != kNoSocketId) note_unacknowledged(receiver.peer);
      break;
    }
    SimSocket::Coming piece = std::move(receiver.coming.front());
    receiver.coming.pop_front();
    receiver.coming_bytes -= piece.bytes.size();
    take(to, std::move(piece));
    news = true;
  }
  if (news) tell(to);
}

void SimNetwork::take(SocketId to, SimSocket::Coming&& piece) {
  SimSocket& receiver = at(to);
  trace_.note("arrives", receiver.host, to, static_cast<uint64_t>(piece.what) << 32 | piece.bytes.size());
  trace_.mix(piece.bytes);
  const bool nobody = !receiver.owned || receiver.error != 0;
  switch (piece.what) {
    case Piece::kData:
      if (nobody) {
        if (receiver.peer != kNoSocketId) send_reset(receiver.peer);
        return;
      }
      receiver.arrived += piece.bytes;
      receiver.arrived_at = scheduler_.now();
      // It has come, but its sender does not hear so.
      if (blocked(receiver.host, receiver.peer_host)) note_unacknowledged(receiver.peer);
      return;
    case Piece::kEstablished:
      if (nobody) return send_reset(receiver.peer);
      receiver.connecting = false;
      return;
    case Piece::kFin:
      receiver.peer_finished = true;
      return;
    case Piece::kReset:
      fail(to, receiver.connecting ? ECONNREFUSED : ECONNRESET);
      return;
  }
}

// A reset is sent once: where the path is cut it is lost.
void SimNetwork::send_reset(SocketId to) {
  SimSocket& receiver = at(to);
  if (receiver.error != 0 || blocked(receiver.peer_host, receiver.host)) return;
  send(to, Piece::kReset);
}

void SimNetwork::fail(SocketId id, int error) {
  SimSocket& socket = at(id);
  if (socket.error != 0) return;
  socket.error = error;
  socket.connecting = false;
  socket.forget_coming();
  tell(id);
}

void SimNetwork::note_unacknowledged(SocketId sender) {
  SimSocket& socket = at(sender);
  if (socket.unacknowledged_since >= 0 || socket.error != 0 || socket.options.user_timeout_ms == 0) return;
  const Tick now = scheduler_.now();
  socket.unacknowledged_since = now;
  scheduler_.after(socket.options.user_timeout_ms, Scheduler::kWorld, [this, sender, now] { give_up(sender, now); });
}

// TCP_USER_TIMEOUT: the sender's kernel forgets the connection, and what it had still to send.
void SimNetwork::give_up(SocketId sender, Tick since) {
  SimSocket& socket = at(sender);
  if (socket.unacknowledged_since != since || socket.error != 0) return;
  tally_.add(Happening::kUserTimeout);
  trace_.note("user_timeout", socket.host, sender);
  fail(sender, ETIMEDOUT);
  SimSocket& receiver = at(socket.peer);
  std::erase_if(receiver.coming, [](const SimSocket::Coming& piece) { return piece.at == kHeld; });
  receiver.coming_bytes = 0;
  for (const SimSocket::Coming& piece : receiver.coming) receiver.coming_bytes += piece.bytes.size();
}

}  // namespace talkbeat::sim
