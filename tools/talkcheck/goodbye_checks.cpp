#include "tools/talkcheck/checks.h"

namespace talkbeat::check {

namespace {

constexpr uint16_t kNoSuchCommand = 0x03ee;
constexpr int kFaults = 3;

Task<std::string> closed_at_once(Context& c, Peer& peer, Tick since) {
  const Tick closed_at = co_await peer.closed(c.timings.tolerance);
  co_return "closed after " + seconds(closed_at - since);
}

}  // namespace

Task<std::string> impossible_length_is_told(Context& c) {
  Session client = co_await c.sessions.open();
  const Tick since = c.now();
  std::string pdu = encode(kCommandOf<IM::Other::IMHeartBeat>, 1, "");
  pdu[3] = 5;  // the length, which counts the header's 16 bytes
  client->send_bytes(pdu);
  const std::string measured = co_await closed_at_once(c, *client, since);
  co_return measured + told(*client, GO_AWAY_PROTOCOL_ERROR);
}

Task<std::string> three_faults_are_told(Context& c) {
  Session client = co_await c.sessions.open();
  const Tick since = c.now();
  for (int i = 1; i <= kFaults; ++i) {
    require(client->open(), "closed after " + std::to_string(i - 1) + " of them");
    client->send_pdu(kNoSuchCommand, static_cast<uint16_t>(i), "");
    co_await client->expect<TbError>(static_cast<uint16_t>(i));
  }
  const std::string measured = co_await closed_at_once(c, *client, since);
  co_return measured + told(*client, GO_AWAY_MALFORMED);
}

Task<std::string> second_login_kicks_the_first(Context& c) {
  Session first = co_await c.sessions.open();
  Peer second(c.scheduler);
  co_await second.connect(c.sessions.server());
  co_await c.sessions.log_in(second, first.account(), first.device());
  const Tick since = c.now();
  const auto kick = co_await first->expect<IM::Login::IMKickUser>({}, c.timings.patience(0));
  require(kick.kick_reason() == IM::BaseDefine::KICK_REASON_DUPLICATE_USER, "kicked for another reason");
  const std::string measured = co_await closed_at_once(c, *first, since);
  co_await second.ask_time();
  co_return measured + ", told KICK_REASON_DUPLICATE_USER; the second stays";
}

Task<std::string> logout_is_answered(Context& c) {
  Session client = co_await c.sessions.open();
  const Tick since = c.now();
  co_await client->ask<IM::Login::IMLogoutRsp>(IM::Login::IMLogoutReq());
  const std::string measured = co_await closed_at_once(c, *client, since);
  co_return measured + ", answered";
}

}  // namespace talkbeat::check
