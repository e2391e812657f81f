#include <algorithm>
#include <vector>

#include "tools/talkcheck/checks.h"

namespace talkbeat::check {

namespace {

constexpr size_t kAges = 6;

Tick oldest(const Timings& timings) {
  return timings.latest(timings.max_connection_age * 11 / 10);
}

std::string age_in_range(const Context& c, const Peer& peer) {
  const Tick age = peer.told_at() - peer.connected_at();
  require(age >= c.timings.max_connection_age * 9 / 10 - 30, "told to go too early, after " + seconds(age));
  require(age <= oldest(c.timings), "told to go too late, after " + seconds(age));
  return seconds(age);
}

/// Beats until it is told to go.
Task<> beat_until_told(Context& c, Peer& peer, Tick pause, Tick until) {
  while (!peer.told()) {
    require(peer.open(), peer.ending());
    require(c.now() < until, "told nothing for " + seconds(c.now() - peer.connected_at()));
    peer.send(IM::Other::IMHeartBeat());
    const Tick next_beat = c.now() + pause;
    while (!peer.told() && peer.open() && c.now() < next_beat) co_await peer.change(next_beat);
  }
}

}  // namespace

Task<std::string> idle_client_is_closed(Context& c) {
  const Tick timeout = c.timings.max_connection_idle;
  Session client = co_await c.sessions.open_alone(Device::kMobile);
  const Tick pause = std::max(c.timings.gentle_pause(), std::min(c.timings.beat_pause(Device::kMobile), timeout / 4));
  co_await beat_until_told(c, *client, pause, c.now() + c.timings.patience(timeout));
  const std::string took = in_time(c, client->told_at() - client->last_data_at(), timeout);
  const std::string why = told(*client, GO_AWAY_IDLE);
  co_await client->closed(c.timings.tolerance);
  co_return took + " without anything but heartbeats" + why;
}

Task<std::string> busy_client_is_kept(Context& c) {
  Session client = co_await c.sessions.open();
  const Tick begin = c.now();
  while (c.now() < begin + c.timings.max_connection_idle * 6 / 5) {
    co_await client->ask_time();
    co_await client->stays_open(std::min(c.timings.max_connection_idle / 3, c.timings.silence(client.device()) / 2));
  }
  co_return "open after " + seconds(c.now() - begin) + " of requests";
}

// No call fails on a planned close: what is asked during the grace is answered.
Task<std::string> old_client_is_told_and_served(Context& c) {
  Session client = co_await c.sessions.open();
  const Tick grace = c.timings.max_connection_age_grace;
  const Tick until = client->connected_at() + oldest(c.timings) + 2 * c.timings.tolerance;
  while (!client->told()) {
    require(c.now() < until, "told nothing for " + seconds(c.now() - client->connected_at()));
    co_await client->ask_time();  // and nobody can call it idle
    co_await client->change(c.now() + c.timings.beat_pause(client.device()));
    require(client->open(), client->ending());
  }
  const std::string why = told(*client, GO_AWAY_MAX_AGE);
  int answered = 0;
  for (; c.now() < client->told_at() + grace * 3 / 4; ++answered) {
    co_await client->ask_time();
    co_await client->stays_open(grace / 8);
  }
  const Tick closed_at = co_await client->closed(c.timings.patience(grace));
  co_return age_in_range(c, *client) + why + ", " + std::to_string(answered) + " requests answered, closed " +
      in_time(c, closed_at - client->told_at(), grace) + " later";
}

Task<std::string> ages_differ(Context& c) {
  std::vector<Session> clients = co_await c.sessions.open_some(std::min(kAges, c.sessions.capacity()));
  const Tick until = c.now() + oldest(c.timings) + 2 * c.timings.tolerance;
  const auto all_told = [&clients] {
    return std::ranges::all_of(clients, [](Session& client) { return client->told().has_value(); });
  };
  while (!all_told()) {
    require(c.now() < until, "not all were told to go");
    for (Session& client : clients) {
      if (!client->told()) client->send(IM::Message::IMClientTimeReq());
    }
    co_await c.sleep(std::min(c.timings.beat_pause(Device::kPc), c.timings.max_connection_age / 20));
  }
  Tick least = INT64_MAX;
  Tick most = 0;
  for (Session& client : clients) {
    age_in_range(c, *client);
    least = std::min(least, client->told_at() - client->connected_at());
    most = std::max(most, client->told_at() - client->connected_at());
  }
  std::string measured = std::to_string(clients.size()) + " told after " + seconds(least) + " to " + seconds(most);
  require(most - least >= c.timings.max_connection_age / 100, measured + ": all at once");
  co_return measured;
}

}  // namespace talkbeat::check
