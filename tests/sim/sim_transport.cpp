#include <algorithm>
#include <cerrno>

#include "tests/sim/sim_process.h"

namespace talkbeat::sim {

namespace {

// 0 to 2 are what every process has open.
constexpr SocketHandle kFirstHandle = 3;

bool has(Interest interest, Interest bit) {
  return (static_cast<int>(interest) & static_cast<int>(bit)) != 0;
}

}  // namespace

SimTransport::SimTransport(SimNetwork& network, HostId host, SimClock& clock, std::function<void()> wake,
                           std::function<void(const std::string&)> misuse)
    : network_(network), host_(host), clock_(clock), wake_(std::move(wake)), misuse_(std::move(misuse)) {
  network_.attach(host_, this);
}

SimTransport::~SimTransport() {
  die(SimNetwork::Ending::kKilled);
}

void SimTransport::die(SimNetwork::Ending how) {
  if (dead_) return;
  dead_ = true;
  network_.end_process(host_, how);
}

SocketHandle SimTransport::add(SocketId socket) {
  const auto free = std::ranges::find(slots_, kNoSocketId, &Slot::socket);
  const auto index = static_cast<size_t>(free - slots_.begin());
  if (free == slots_.end()) slots_.emplace_back();
  const bool listed = slots_[index].listed;
  slots_[index] = {.socket = socket, .listed = listed};
  const auto handle = static_cast<SocketHandle>(index) + kFirstHandle;
  if (first_socket_ == kNoSocketId) first_socket_ = socket;
  if (handles_.size() <= socket - first_socket_) handles_.resize(socket - first_socket_ + 1, kNoSocket);
  handles_[socket - first_socket_] = handle;
  return handle;
}

SimTransport::Slot* SimTransport::slot(SocketHandle socket, const char* use) {
  const auto index = static_cast<size_t>(socket - kFirstHandle);
  if (dead_) return nullptr;
  if (socket >= kFirstHandle && index < slots_.size() && slots_[index].socket != kNoSocketId) return &slots_[index];
  misuse_(std::string(use) + " of handle " + std::to_string(socket) + ", which is not open");
  return nullptr;
}

void SimTransport::list(SocketHandle socket) {
  Slot& entry = slots_[static_cast<size_t>(socket - kFirstHandle)];
  if (!entry.listed) maybe_ready_.push_back(socket);
  entry.listed = true;
  wake_();
}

void SimTransport::socket_ready(SocketId socket) {
  if (first_socket_ == kNoSocketId || socket < first_socket_ || socket - first_socket_ >= handles_.size()) return;
  const SocketHandle handle = handles_[socket - first_socket_];
  if (handle != kNoSocket) list(handle);
}

Result<SocketHandle> SimTransport::listen(const Address& address, const TcpOptions& options) {
  const SocketId socket = network_.listen(host_, address, options);
  if (socket == kNoSocketId) return Error{"the port is taken"};
  return add(socket);
}

Accepted SimTransport::accept(SocketHandle listener, const TcpOptions& /*options*/) {
  const Slot* entry = slot(listener, "accept");
  if (entry == nullptr) return {kNoSocket, {}, EBADF};
  if (network_.at(entry->socket).backlog.empty()) return {kNoSocket, {}, EAGAIN};
  if (network_.out_of_handles(host_)) {
    network_.tally().add(Happening::kOutOfHandles);
    return {kNoSocket, {}, EMFILE};
  }
  const SocketId socket = network_.accept(entry->socket);
  return {add(socket), network_.peer_address(socket), 0};
}

Result<SocketHandle> SimTransport::connect(const Address& address, const TcpOptions& options) {
  if (network_.out_of_handles(host_)) return Error{"no socket is left"};
  return add(network_.connect(host_, address, options));
}

int SimTransport::connect_error(SocketHandle socket) {
  const Slot* entry = slot(socket, "connect_error");
  return entry != nullptr ? network_.at(entry->socket).error : EBADF;
}

Address SimTransport::local_address(SocketHandle socket) {
  const Slot* entry = slot(socket, "local_address");
  return entry != nullptr ? network_.at(entry->socket).local : Address();
}

IoResult SimTransport::read(SocketHandle socket, std::span<std::byte> into) {
  const Slot* entry = slot(socket, "read");
  return entry != nullptr ? network_.read(entry->socket, into) : IoResult{0, EBADF};
}

IoResult SimTransport::write(SocketHandle socket, std::span<const iovec> pieces) {
  const Slot* entry = slot(socket, "write");
  return entry != nullptr ? network_.write(entry->socket, pieces) : IoResult{0, EBADF};
}

Tick SimTransport::since_arrival(SocketHandle socket) {
  const Slot* entry = slot(socket, "since_arrival");
  return entry != nullptr ? network_.since_arrival(entry->socket) : 0;
}

void SimTransport::finish_sending(SocketHandle socket) {
  if (const Slot* entry = slot(socket, "finish_sending")) network_.finish_sending(entry->socket);
}

void SimTransport::release(SocketHandle socket, Slot& entry) {
  if (entry.watched) misuse_("close of handle " + std::to_string(socket) + ", which is watched");
  handles_[entry.socket - first_socket_] = kNoSocket;
  entry.socket = kNoSocketId;
}

void SimTransport::close(SocketHandle socket) {
  Slot* entry = slot(socket, "close");
  if (entry == nullptr) return;
  network_.close(entry->socket);
  release(socket, *entry);
}

void SimTransport::abandon(SocketHandle socket) {
  Slot* entry = slot(socket, "abandon");
  if (entry == nullptr) return;
  network_.abandon(entry->socket);
  release(socket, *entry);
}

void SimTransport::watch(SocketHandle socket, Interest interest, uint64_t token) {
  Slot* entry = slot(socket, "watch");
  if (entry == nullptr) return;
  if (entry->watched) misuse_("watch of handle " + std::to_string(socket) + ", which is watched");
  entry->watched = true;
  entry->interest = interest;
  entry->token = token;
  list(socket);
}

void SimTransport::change_watch(SocketHandle socket, Interest interest, uint64_t token) {
  Slot* entry = slot(socket, "change_watch");
  if (entry == nullptr) return;
  if (!entry->watched) misuse_("change_watch of handle " + std::to_string(socket) + ", which is not watched");
  entry->interest = interest;
  entry->token = token;
  list(socket);
}

void SimTransport::unwatch(SocketHandle socket) {
  Slot* entry = slot(socket, "unwatch");
  if (entry == nullptr) return;
  if (!entry->watched) misuse_("unwatch of handle " + std::to_string(socket) + ", which is not watched");
  entry->watched = false;
}

bool SimTransport::readiness(const Slot& entry, Readiness& ready) const {
  if (entry.socket == kNoSocketId || !entry.watched) return false;
  const bool broken = network_.broken(entry.socket);
  ready.token = entry.token;
  ready.readable = broken || (has(entry.interest, Interest::kRead) && network_.readable(entry.socket));
  ready.writable = broken || (has(entry.interest, Interest::kWrite) && network_.writable(entry.socket));
  return ready.readable || ready.writable;
}

void SimTransport::wait(Tick /*timeout_ms*/, std::vector<Readiness>& ready) {
  clock_.catch_up();
  ready.clear();
  std::erase_if(maybe_ready_, [&](SocketHandle socket) {
    Slot& entry = slots_[static_cast<size_t>(socket - kFirstHandle)];
    Readiness one;
    entry.listed = readiness(entry, one);
    if (entry.listed) ready.push_back(one);
    return !entry.listed;
  });
}

bool SimTransport::anything_ready() {
  return std::ranges::any_of(maybe_ready_, [this](SocketHandle socket) {
    Readiness one;
    return readiness(slots_[static_cast<size_t>(socket - kFirstHandle)], one);
  });
}

}  // namespace talkbeat::sim
