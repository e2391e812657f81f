#include <algorithm>
#include <vector>

#include "tools/talkcheck/checks.h"
#include "tools/talkcheck/link.h"

namespace talkbeat::check {

namespace {

constexpr int kLinkDrips = 20;
constexpr int kLinkBeats = 6;
constexpr uint32_t kNobody = 4'000'000'000;  // far above the ids of real users

Task<Tick> drip_until_closed(Context& c, Peer& peer, std::string bytes, Tick timeout) {
  const Tick until = c.now() + c.timings.patience(timeout);
  for (const char byte : bytes) {
    if (!peer.open() || c.now() >= until) break;
    peer.send_bytes(std::string_view(&byte, 1));
    co_await peer.closes_within(std::max<Tick>(timeout / kLinkDrips, 1));
  }
  co_return co_await peer.closed(std::max<Tick>(1, until - c.now()));
}

/// What came from login_server over a time in which we sent as much as `speak` does: whether each heartbeat filled a
/// silence of the interval, and how long the silences before them were.
struct Beats {
  std::vector<Tick> gaps;  // between the PDU before a heartbeat, of whatever kind, and it
  Tick longest_silence = 0;
  int others = 0;
};

Task<Beats> watch(Peer& link, Tick time, Tick interval) {
  Beats beats;
  const Tick until = link.now() + time;
  Tick last = 0;
  Tick next_sign = 0;
  while (link.now() < until) {
    if (link.now() >= next_sign) {  // that it lives; the server's beats do not depend on it
      link.send(IM::Other::IMHeartBeat());
      next_sign = link.now() + interval;
    }
    const std::optional<Arrival> arrival = co_await link.next(std::min(until, next_sign) - link.now());
    require(link.open(), link.ending());
    if (!arrival) continue;
    if (last > 0) beats.longest_silence = std::max(beats.longest_silence, arrival->at - last);
    if (last > 0 && arrival->is_heartbeat()) beats.gaps.push_back(arrival->at - last);
    if (!arrival->is_heartbeat()) ++beats.others;
    last = arrival->at;
  }
  co_return beats;
}

/// Keeps a link alive with what `say` sends.
template <class Say>
Task<std::string> alive_with(Context& c, Say say, std::string what) {
  Link link(c);
  co_await link.open();
  const Tick begin = c.now();
  while (c.now() < begin + c.timings.silence_timeout * 5 / 2) {
    say(link);
    co_await link->stays_open(c.timings.silence_timeout / 3);
  }
  co_return "open after " + seconds(c.now() - begin) + " of " + what;
}

}  // namespace

Task<std::string> link_stranger_is_closed(Context& c) {
  Link link(c);
  co_await link->connect(*c.targets.link);
  const Tick timeout = c.timings.link_handshake_timeout;
  const Tick closed_at = co_await link->closed(c.timings.patience(timeout));
  co_return in_time(c, closed_at - link->connected_at(), timeout);
}

Task<std::string> link_stranger_may_say_nothing(Context& c) {
  Link link(c);
  co_await link->connect(*c.targets.link);
  co_await link->expect<TbChallenge>();
  const Tick since = c.now();
  link->send(IM::Other::IMHeartBeat());
  const Tick closed_at = co_await link->closed(c.timings.tolerance);
  co_return "closed " + seconds(closed_at - since) + " after a heartbeat without a proof";
}

Task<std::string> link_dripping_proof_is_closed(Context& c) {
  Link link(c);
  co_await link->connect(*c.targets.link);
  const Tick timeout = std::min(c.timings.link_handshake_timeout, c.timings.link_pdu_timeout);
  const std::string proof = encode(kCommandOf<TbServerAuth>, 1, std::string(4'000, '\0'));
  const Tick closed_at = co_await drip_until_closed(c, *link, proof, timeout);
  co_return in_time(c, closed_at - link->connected_at(), timeout);
}

Task<std::string> link_wrong_key_is_refused(Context& c) {
  Link link(c);
  co_await link->connect(*c.targets.link);
  ClusterKey wrong = *c.targets.key;
  wrong.bytes[0] = static_cast<unsigned char>(~wrong.bytes[0]);
  const TbServerAuthResult result = co_await link.prove(wrong);
  require(!result.accepted(), "a wrong key was accepted");
  co_await link->closed(c.timings.tolerance);
  co_return "refused and closed";
}

Task<std::string> link_silence_is_closed(Context& c) {
  Link link(c);
  co_await link.open();
  const Tick since = c.now();
  const Tick timeout = c.timings.silence_timeout;
  const Tick closed_at = co_await link->closed(c.timings.patience(timeout));
  co_return in_time(c, closed_at - since, timeout);
}

Task<std::string> link_beats_keep_alive(Context& c) {
  return alive_with(
      c, [](Link& link) { link->send(IM::Other::IMHeartBeat()); }, "heartbeats");
}

Task<std::string> link_any_pdu_keeps_alive(Context& c) {
  return alive_with(
      c, [](Link& link) { link.enter(0); }, "other PDUs");
}

Task<std::string> link_dripped_pdu_is_closed(Context& c) {
  Link link(c);
  co_await link.open();
  const Tick since = c.now();
  const Tick timeout = c.timings.link_pdu_timeout;
  const std::string pdu = encode(kCommandOf<IM::Server::IMMsgServInfo>, 1, std::string(4'000, '\0'));
  const Tick closed_at = co_await drip_until_closed(c, *link, pdu, timeout);
  co_return in_time(c, closed_at - since, timeout);
}

// What else login_server has to say meanwhile (who comes online) is traffic, too: a heartbeat counts from there.
Task<std::string> link_beats_come_at_the_interval(Context& c) {
  Link link(c);
  co_await link.open();
  const Tick interval = c.timings.heartbeat_interval;
  constexpr int kPatient = 5;  // times as long, where other checks make login_server speak all the time
  const Tick begin = c.now();
  Beats beats;
  for (int i = 0; i < kPatient && beats.gaps.empty(); ++i) {
    beats = co_await watch(*link, interval * (kLinkBeats + 2), interval);
  }
  require(!beats.gaps.empty(), "no heartbeat in " + seconds(c.now() - begin));
  std::ranges::sort(beats.gaps);
  const Tick median = beats.gaps[beats.gaps.size() / 2];
  std::string measured =
      std::to_string(beats.gaps.size()) + " heartbeats, each after " + seconds(median) + " of silence";
  require(median >= interval * 9 / 10 && median <= interval * 5 / 4 + 50, measured);
  require(beats.longest_silence <= c.timings.latest(interval),
          measured + ", once after " + seconds(beats.longest_silence));
  co_return measured;
}

Task<std::string> link_traffic_suppresses_beats(Context& c) {
  Link speaker(c);
  Link listener(c);
  const uint32_t user = kNobody + static_cast<uint32_t>(c.rng.below(100'000'000));
  co_await speaker.open();
  co_await listener.open();
  listener.enter(user);
  TbRelay relay;
  relay.add_user_ids(user);
  relay.set_pdu(encode(kCommandOf<IM::SwitchService::IMP2PCmdMsg>, 0, ""));
  const Tick interval = c.timings.heartbeat_interval;
  const Tick pause = interval / 4;
  Beats all;
  for (int i = 0; i < 4 * kLinkBeats; ++i) {
    speaker->send(relay);
    Beats beats = co_await watch(*listener, pause, interval);
    all.others += beats.others;
    all.gaps.insert(all.gaps.end(), beats.gaps.begin(), beats.gaps.end());
  }
  require(all.others >= 2 * kLinkBeats, "only " + std::to_string(all.others) + " relayed PDUs came");
  require(all.gaps.empty(),
          std::to_string(all.gaps.size()) + " heartbeats among " + std::to_string(all.others) + " other PDUs");
  co_return "no heartbeat among " + std::to_string(all.others) + " other PDUs";
}

namespace {

/// What else login_server has to say puts its heartbeats off, for as long as other checks make it speak: whoever waits
/// for one must not be silent himself.
Task<> beat_comes(Context& c, Link& link) {
  constexpr Tick kPutOff = 20;  // intervals
  const Tick interval = c.timings.heartbeat_interval;
  const Tick until = c.now() + c.timings.patience(kPutOff * interval);
  Tick next_sign = c.now() + c.timings.silence_timeout / 3;
  while (c.now() < until) {
    const std::optional<Arrival> arrival = co_await link->next(std::max<Tick>(1, next_sign - c.now()));
    require(link->open(), link->ending());
    if (arrival && arrival->is_heartbeat()) co_return;
    if (c.now() < next_sign) continue;
    link->send(IM::Other::IMHeartBeat());  // an answer to this one would show after the next one
    next_sign = c.now() + c.timings.silence_timeout / 3;
  }
  throw Failed("no heartbeat in " + seconds(c.timings.patience(kPutOff * interval)));
}

}  // namespace

Task<std::string> link_beats_are_not_answered(Context& c) {
  Link link(c);
  co_await link.open();
  const Tick interval = c.timings.heartbeat_interval;
  for (int i = 0; i < 3; ++i) {
    co_await beat_comes(c, link);
    link->send(IM::Other::IMHeartBeat());
    const Tick until = c.now() + interval / 2;
    while (c.now() < until) {
      const std::optional<Arrival> arrival = co_await link->next(until - c.now());
      require(!arrival || !arrival->is_heartbeat(), "a heartbeat was answered");
    }
  }
  co_return "3 heartbeats, no answer";
}

}  // namespace talkbeat::check
