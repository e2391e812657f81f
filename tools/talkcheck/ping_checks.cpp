#include <algorithm>

#include "tools/talkcheck/checks.h"

namespace talkbeat::check {

namespace {

constexpr int kAttempts = 3;
constexpr int kObedientPings = 8;
constexpr int kRounds = 4;
constexpr Tick kClockDifferenceS = 2;

/// Sends heartbeats one behind the other until one is answered by the end. Returns how many it took.
Task<int> pings_until_closed(Context& c, Peer& peer) {
  const int enough = c.timings.max_ping_strikes + 10;
  for (int pings = 1; pings <= enough; ++pings) {
    const uint16_t seq = peer.send(IM::Other::IMHeartBeat());
    bool answered = false;
    while (!answered && peer.open()) {
      const std::optional<Arrival> arrival = co_await peer.next(kPatience);
      require(arrival || !peer.open(), "heartbeat " + std::to_string(pings) + " had no answer");
      answered = arrival && arrival->is_heartbeat() && arrival->header.seq_num == seq;
    }
    if (!answered) co_return pings;
  }
  throw Failed("still open after " + std::to_string(enough) + " heartbeats in a row");
}

Task<IM::Other::IMHeartBeat> status(Peer& peer) {
  IM::Other::IMHeartBeat beat;
  beat.set_want_status(true);
  co_return co_await peer.ask<IM::Other::IMHeartBeat>(beat);
}

/// Returns the message's id.
Task<uint32_t> tell(Session& from, Session& to) {
  IM::Message::IMMsgData message;
  message.set_from_user_id(from.user_id());
  message.set_to_session_id(to.user_id());
  message.set_msg_id(0);
  message.set_create_time(0);
  message.set_msg_type(IM::BaseDefine::MSG_TYPE_SINGLE_TEXT);
  message.set_msg_data("talkcheck");
  const auto ack = co_await from->ask<IM::Message::IMMsgDataAck>(message);
  co_return ack.msg_id();
}

// Leaves the account as it was found.
void mark_read(Session& reader, const Session& from, uint32_t msg_id) {
  IM::Message::IMMsgDataReadAck read;
  read.set_user_id(reader.user_id());
  read.set_session_id(from.user_id());
  read.set_msg_id(msg_id);
  read.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  reader->send(read);
}

}  // namespace

Task<std::string> heartbeat_is_echoed(Context& c) {
  Session client = co_await c.sessions.open();
  for (const uint16_t seq : {uint16_t{1}, uint16_t{42}, uint16_t{65'535}}) {
    co_await client->ask_time();  // so that none of them is a strike too many
    client->send(IM::Other::IMHeartBeat(), seq);
    const Arrival answer =
        co_await client->take(kCommandOf<IM::Other::IMHeartBeat>, seq, kPatience, "answer with this seq_num");
    require(answer.body.empty(), "the answer has " + std::to_string(answer.header.length) + " bytes");
  }
  co_return "seq_num 1, 42, 65535 echoed, 16 bytes each";
}

// Where there are two users, one tells the other something first: 0 unread is easily said.
Task<std::string> status_comes_when_wanted(Context& c) {
  const size_t users = std::min<size_t>(2, c.sessions.users());
  std::vector<Session> sessions = co_await c.sessions.open_some(users, true);
  Session& client = sessions.front();
  uint32_t msg_id = 0;
  if (users == 2) msg_id = co_await tell(sessions.back(), client);
  IM::Message::IMUnreadMsgCntReq request;
  request.set_user_id(client.user_id());
  const auto unread = co_await client->ask<IM::Message::IMUnreadMsgCntRsp>(request);
  const auto time = co_await client->ask<IM::Message::IMClientTimeRsp>(IM::Message::IMClientTimeReq());
  const IM::Other::IMHeartBeat answer = co_await status(*client);
  require(answer.has_server_time() && answer.has_unread_total(), "the answer lacks server_time or unread_total");
  const int64_t difference = int64_t{answer.server_time()} - int64_t{time.server_time()};
  require(difference >= 0 && difference <= kClockDifferenceS,
          "server_time is " + std::to_string(difference) + " s off what IMClientTimeRsp says");
  require(answer.unread_total() == unread.total_cnt(),
          std::to_string(answer.unread_total()) + " unread instead of " + std::to_string(unread.total_cnt()));
  if (msg_id > 0) mark_read(client, sessions.back(), msg_id);
  co_return "server_time, " + std::to_string(answer.unread_total()) + " unread";
}

// What others do may make the server send us something, which clears the strikes: then once more.
Task<std::string> early_pings_are_closed(Context& c) {
  const int expected = c.timings.max_ping_strikes + 2;  // the first one is not early
  int pings = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Session client = co_await c.sessions.open();
    const Tick begin = c.now();
    co_await c.sleep(1);
    pings = co_await pings_until_closed(c, *client);
    const std::string why = told(*client, GO_AWAY_TOO_MANY_PINGS);
    if (pings == expected) co_return "closed at heartbeat " + std::to_string(pings) + " in a row" + why;
    if (client->last_data_received_at() <= begin) break;
  }
  throw Failed("closed at heartbeat " + std::to_string(pings) + " in a row instead of " + std::to_string(expected));
}

Task<std::string> obeying_pinger_is_kept(Context& c) {
  Session client = co_await c.sessions.open();
  for (int i = 0; i < kObedientPings; ++i) {
    co_await client->ping();
    co_await client->stays_open(c.timings.gentle_pause());
  }
  co_return "open after " + std::to_string(kObedientPings) + " heartbeats, one each " +
      seconds(c.timings.gentle_pause());
}

Task<std::string> data_clears_strikes(Context& c) {
  Session client = co_await c.sessions.open();
  int early = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < c.timings.max_ping_strikes; ++i, ++early) co_await client->ping();
    co_await client->ask_time();
  }
  co_await client->stays_open(c.timings.min_ping_interval / 10);
  co_return "open after " + std::to_string(early) + " early heartbeats with data between them";
}

}  // namespace talkbeat::check
