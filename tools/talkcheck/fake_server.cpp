#include "tools/talkcheck/fake_server.h"

#include <algorithm>

namespace talkbeat::check {

namespace {

constexpr Tick kPollMs = 5;

}  // namespace

FakeServer::FakeServer(Scheduler& scheduler)
    : scheduler_(scheduler),
      first_(scheduler.loop(), TcpOptions(), [this](SocketHandle s, const Address&) { accept(s, Place::kFirst); }),
      second_(scheduler.loop(), TcpOptions(), [this](SocketHandle s, const Address&) { accept(s, Place::kSecond); }) {}

Status FakeServer::listen(const Address& first) {
  if (Status status = first_.start(first); !status.ok()) return status;
  door_.first.port = first_.address().port;
  door_.second.port = static_cast<uint16_t>(door_.first.port + 1);
  return second_.start({first.ip, door_.second.port});
}

void FakeServer::accept(SocketHandle socket, Place place) {
  visitors_.push_back(std::make_unique<Visitor>(scheduler_, door_, socket, place));
}

size_t FakeServer::times_asked() const {
  return static_cast<size_t>(std::ranges::count_if(visitors_, [](const auto& visitor) { return visitor->asked(); }));
}

Task<Visitor*> FakeServer::next_login(Tick within) {
  const Tick end = scheduler_.now() + within;
  while (true) {
    for (size_t i = seen_; i < visitors_.size(); ++i) {
      if (!visitors_[i]->logged_in()) continue;
      seen_ = i + 1;
      co_return visitors_[i].get();
    }
    if (scheduler_.now() >= end) co_return nullptr;
    co_await scheduler_.sleep(kPollMs);
  }
}

Task<bool> until(Scheduler& scheduler, std::function<bool()> condition, Tick within) {
  const Tick end = scheduler.now() + within;
  while (!condition() && scheduler.now() < end) co_await scheduler.sleep(kPollMs);
  co_return condition();
}

}  // namespace talkbeat::check
