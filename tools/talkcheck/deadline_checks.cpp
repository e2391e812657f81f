#include <algorithm>
#include <memory>
#include <vector>

#include "tools/talkcheck/checks.h"

namespace talkbeat::check {

namespace {

constexpr int kDrips = 20;
constexpr int kCrowd = 100;
constexpr Tick kCrowdPauseMs = 10;
// A server that looks at all its connections once a second closes some of them nearly a second after others.
constexpr Tick kScanSpreadMs = 500;

/// Sends a byte now and then, a few within `timeout`, until it is closed. Returns when that was.
Task<Tick> drip(Context& c, Peer& peer, std::string bytes, Tick timeout) {
  const Tick pause = std::max<Tick>(timeout / kDrips, 1);
  const Tick until = c.now() + c.timings.patience(timeout);
  for (size_t i = 0; i < bytes.size() && peer.open() && c.now() < until; ++i) {
    peer.send_bytes(std::string_view(bytes).substr(i, 1));
    co_await peer.closes_within(pause);
  }
  co_return co_await peer.closed(std::max<Tick>(1, until - c.now()));
}

/// A PDU of which many bytes have to come.
std::string long_pdu(uint16_t command) {
  constexpr size_t kBody = 4'000;
  return encode(command, 1, std::string(kBody, '\0'));
}

}  // namespace

Task<std::string> silent_stranger_is_closed(Context& c) {
  Peer stranger(c.scheduler);
  co_await stranger.connect(c.sessions.server());
  const Tick timeout = c.timings.handshake_timeout;
  const Tick closed_at = co_await stranger.closed(c.timings.patience(timeout));
  co_return in_time(c, closed_at - stranger.connected_at(), timeout) + told(stranger, GO_AWAY_HANDSHAKE_TIMEOUT);
}

Task<std::string> beating_stranger_is_closed(Context& c) {
  Peer stranger(c.scheduler);
  co_await stranger.connect(c.sessions.server());
  const Tick timeout = c.timings.handshake_timeout;
  const Tick until = c.now() + c.timings.patience(timeout);
  int said = 0;
  while (stranger.open() && c.now() < until) {
    if (said++ % 2 == 0)
      stranger.send(IM::Other::IMHeartBeat());
    else
      stranger.send(IM::Message::IMClientTimeReq());  // is refused
    co_await stranger.closes_within(std::max(timeout / 5, c.timings.gentle_pause() / 2));
  }
  require(!stranger.open(), "still open after " + std::to_string(said) + " PDUs");
  co_return in_time(c, stranger.closed_at() - stranger.connected_at(), timeout) + " in spite of " +
      std::to_string(said) + " PDUs" + told(stranger, GO_AWAY_HANDSHAKE_TIMEOUT);
}

Task<std::string> dripping_stranger_is_closed(Context& c) {
  Peer stranger(c.scheduler);
  co_await stranger.connect(c.sessions.server());
  const Tick timeout = std::min(c.timings.handshake_timeout, c.timings.pdu_timeout);
  const Tick closed_at = co_await drip(c, stranger, long_pdu(kCommandOf<IM::Login::IMLoginReq>), timeout);
  co_return in_time(c, closed_at - stranger.connected_at(), timeout) +
      told(stranger, c.timings.pdu_timeout < timeout ? GO_AWAY_PDU_TIMEOUT : GO_AWAY_HANDSHAKE_TIMEOUT);
}

Task<std::string> dripped_pdu_is_closed(Context& c) {
  Session client = co_await c.sessions.open();
  co_await client->ask_time();
  const Tick begin = c.now();
  const Tick timeout = c.timings.pdu_timeout;
  const Tick closed_at = co_await drip(c, *client, long_pdu(kCommandOf<IM::Message::IMClientTimeReq>), timeout);
  co_return in_time(c, closed_at - begin, timeout) + told(*client, GO_AWAY_PDU_TIMEOUT);
}

Task<std::string> each_is_closed_at_its_own_time(Context& c) {
  std::vector<std::unique_ptr<Peer>> crowd;
  for (int i = 0; i < kCrowd; ++i) {
    crowd.push_back(std::make_unique<Peer>(c.scheduler));
    co_await crowd.back()->connect(c.sessions.server());
    co_await c.sleep(kCrowdPauseMs);
  }
  std::vector<Tick> late;
  for (const auto& stranger : crowd) {
    const Tick closed_at = co_await stranger->closed(c.timings.patience(c.timings.handshake_timeout));
    late.push_back(closed_at - stranger->connected_at() - c.timings.handshake_timeout);
  }
  std::ranges::sort(late);
  const Tick spread = late[kCrowd * 95 / 100] - late[kCrowd * 5 / 100];  // one hiccup is no scan
  std::string measured = "90 of 100 within " + seconds(spread) + " of each other's lateness";
  require(spread < kScanSpreadMs, measured);
  in_time(c, late[kCrowd / 2] + c.timings.handshake_timeout, c.timings.handshake_timeout);
  co_return measured;
}

Task<std::string> silent_asker_is_closed(Context& c) {
  Peer asker(c.scheduler);
  co_await asker.connect(*c.targets.login);
  const Tick timeout = c.timings.request_timeout;
  const Tick closed_at = co_await asker.closed(c.timings.patience(timeout));
  co_return in_time(c, closed_at - asker.connected_at(), timeout);
}

Task<std::string> dripping_asker_is_closed(Context& c) {
  Peer asker(c.scheduler);
  co_await asker.connect(*c.targets.login);
  const Tick timeout = c.timings.request_timeout;
  const Tick closed_at = co_await drip(c, asker, long_pdu(kCommandOf<IM::Login::IMMsgServReq>), timeout);
  co_return in_time(c, closed_at - asker.connected_at(), timeout);
}

}  // namespace talkbeat::check
