#include <algorithm>

#include "tools/talkcheck/checks.h"

namespace talkbeat::check {

namespace {

constexpr int kIdsPerRequest = 1'000;
constexpr int kAnswerBytes = 4'000;             // at least, of a request with so many ids
constexpr size_t kFewBytes = 300'000;           // more than the kernels take on our side, less than the server's limits
constexpr size_t kManyBytes = size_t{9} << 20;  // more than the kernels on both sides and the server's limits together
constexpr Tick kPauseMs = 100;
// A server may wait so long for the peer's goodbye before it gives the socket up, which is what can be seen from here.
constexpr Tick kLingerMs = 3'000;

/// Asks for so many bytes, without reading one.
void ask_for(Session& client, size_t bytes) {
  IM::Buddy::IMUsersStatReq request;
  request.set_user_id(client.user_id());
  for (int i = 0; i < kIdsPerRequest; ++i) request.add_user_id_list(client.user_id());
  for (size_t asked = 0; asked < bytes; asked += kAnswerBytes) client->send(request);
}

/// Goes on sending, since only what is sent to a connection that is gone shows that it is.
Task<> keep_sending(Context& c, Peer& peer, Tick until) {
  while (peer.open() && c.now() < until) {
    peer.send(IM::Message::IMClientTimeReq());
    co_await peer.closes_within(kPauseMs);
  }
}

}  // namespace

Task<std::string> slow_reader_is_closed(Context& c) {
  Session client = co_await c.sessions.open();
  const Tick begin = c.now();
  client->stop_reading();
  ask_for(client, kManyBytes);
  const Tick timeout = c.timings.out_soft_time + kLingerMs;
  co_await keep_sending(c, *client, begin + c.timings.patience(timeout));  // so many answers take a moment, too
  require(!client->open(), "still open after " + seconds(c.now() - begin));
  co_return "closed after " + seconds(client->closed_at() - begin);
}

Task<std::string> unacknowledging_client_is_closed(Context& c) {
  Session client = co_await c.sessions.open();
  const Tick begin = c.now();
  client->stop_reading();
  ask_for(client, kFewBytes);
  const Tick timeout = c.timings.user_timeout;
  co_await keep_sending(c, *client, begin + c.timings.patience(timeout));
  require(!client->open(), "still open after " + seconds(c.now() - begin));
  co_return "closed after " + in_time(c, client->closed_at() - begin, timeout) + " although it kept sending";
}

// It neither reads nor writes, as if its cable were cut; whether it was given up shows the first thing that is sent
// afterwards.
Task<std::string> half_open_client_is_closed(Context& c) {
  Session client = co_await c.sessions.open(Device::kPc);
  const Tick begin = c.now();
  client->stop_reading();
  ask_for(client, kFewBytes);
  const Tick timeout = std::min(c.timings.silence(Device::kPc), c.timings.user_timeout);
  co_await client->closes_within(c.timings.latest(timeout) + kLingerMs);
  co_await keep_sending(c, *client, c.now() + c.timings.tolerance);
  require(!client->open(), "still open after " + seconds(c.now() - begin));
  co_return "gone when looked for after " + seconds(client->closed_at() - begin);
}

}  // namespace talkbeat::check
