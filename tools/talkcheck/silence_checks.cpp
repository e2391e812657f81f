#include "tools/talkcheck/checks.h"

namespace talkbeat::check {

namespace {

Task<std::string> silent_is_closed(Context& c, Device device) {
  Session client = co_await c.sessions.open(device);
  co_await client->ask_time();
  const Tick since = client->last_sent_at();
  const Tick timeout = c.timings.silence(device);
  const Tick closed_at = co_await client->closed(c.timings.patience(timeout));
  co_return in_time(c, closed_at - since, timeout) + told(*client, GO_AWAY_SILENT);
}

Task<Tick> probed(Context& c, Peer& peer) {
  co_await peer.expect<IM::Other::IMHeartBeat>({}, c.timings.patience(c.timings.probe_after));
  co_return peer.now() - peer.last_sent_at();
}

}  // namespace

Task<std::string> silent_pc_is_closed(Context& c) {
  return silent_is_closed(c, Device::kPc);
}

Task<std::string> silent_mobile_is_closed(Context& c) {
  return silent_is_closed(c, Device::kMobile);
}

Task<std::string> beats_keep_alive(Context& c) {
  Session client = co_await c.sessions.open(Device::kPc);
  const Tick begin = c.now();
  const Tick until = begin + c.timings.idle_timeout * 5 / 2;
  int beats = 0;
  for (; c.now() < until; ++beats) {
    co_await client->ping();
    co_await client->stays_open(c.timings.beat_pause(Device::kPc));
  }
  co_return "open after " + seconds(c.now() - begin) + " of " + std::to_string(beats) + " heartbeats";
}

Task<std::string> any_pdu_keeps_alive(Context& c) {
  Session client = co_await c.sessions.open(Device::kPc);
  const Tick begin = c.now();
  const Tick until = begin + c.timings.idle_timeout * 8 / 5;
  while (c.now() < until) {
    co_await client->ask_time();
    co_await client->stays_open(c.timings.silence(Device::kPc) / 2);
  }
  co_return "open after " + seconds(c.now() - begin) + " without a heartbeat";
}

// Whoever answers each probe may say nothing else for ever.
Task<std::string> probe_is_sent_and_an_answer_keeps(Context& c) {
  Session client = co_await c.sessions.open(Device::kPc);
  co_await client->ask_time();
  const Tick begin = c.now();
  const Tick until = begin + c.timings.idle_timeout * 3 / 2;
  std::string first;
  while (c.now() < until) {
    const std::string after = in_time(c, co_await probed(c, *client), c.timings.probe_after);
    if (first.empty()) first = after;
    client->send(IM::Other::IMHeartBeat());
    co_await client->expect<IM::Other::IMHeartBeat>();  // the answer to ours
  }
  co_return "asked after " + first + ", open after " + seconds(c.now() - begin);
}

Task<std::string> unanswered_probe_closes(Context& c) {
  const Device device = c.timings.probe_ends(Device::kPc) ? Device::kPc : Device::kMobile;
  Session client = co_await c.sessions.open(device);
  co_await client->ask_time();
  const Tick after = co_await probed(c, *client);
  const Tick asked_at = c.now();
  const Tick closed_at = co_await client->closed(c.timings.patience(c.timings.probe_timeout));
  co_return "asked after " + in_time(c, after, c.timings.probe_after) + ", closed " +
      in_time(c, closed_at - asked_at, c.timings.probe_timeout) + " later" + told(*client, GO_AWAY_SILENT);
}

}  // namespace talkbeat::check
