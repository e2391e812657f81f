#include "tools/talkcheck/client_checks.h"

#include <algorithm>
#include <array>

namespace talkbeat::check {

namespace {

constexpr Tick kFirstVisitMs = 60'000;
constexpr int kBeats = 3;
constexpr size_t kAttempts = 6;
constexpr Tick kLeaveMs = 2'000;

constexpr uint16_t kHeartbeat = kCommandOf<IM::Other::IMHeartBeat>;
constexpr uint16_t kAck = kCommandOf<IM::Message::IMMsgDataAck>;
constexpr uint16_t kReadAck = kCommandOf<IM::Message::IMMsgDataReadAck>;

Tick median(std::vector<Tick> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

Place other(Place place) {
  return place == Place::kFirst ? Place::kSecond : Place::kFirst;
}

/// The client has come back, or is still there.
Task<> be_online(ClientStory& s) {
  const bool there = s.client != nullptr && s.client->peer().open();
  if (there) co_return;
  Visitor* login =
      co_await s.server.next_login(s.client == nullptr ? kFirstVisitMs : s.timings.latest(s.timings.backoff_max));
  require(login != nullptr, s.client == nullptr ? "no client came" : "the client has not come back");
  s.client = login;
  ++s.logins;
}

/// A login elsewhere, while the connection that it had is still open; then it leaves that one.
Task<std::string> moves(ClientStory& s, Tick since) {
  Visitor& old = *s.client;
  Visitor* login = co_await s.server.next_login(kPatience);
  require(login != nullptr, "it logged in nowhere else within " + seconds(kPatience));
  s.client = login;
  ++s.logins;
  const bool overlapped = old.peer().open() || old.peer().closed_at() >= login->logged_in_at();
  require(overlapped, "it left the old connection before it had a new one");
  const std::string took = seconds(login->logged_in_at() - since);
  const bool left = co_await old.peer().closes_within(kLeaveMs);
  require(left, "it does not leave the old connection");
  co_return "there after " + took + ", then left the old one";
}

/// The silence before its heartbeats, over some of them.
Task<Tick> silence_before_beats(ClientStory& s, size_t beats) {
  const size_t since = s.client->notes().size();
  Visitor& client = *s.client;
  const Tick enough = static_cast<Tick>(beats + 1) * s.timings.latest(s.interval);
  const std::function<bool()> all_came = [&client, since, beats] {
    return client.silences_before_beats(since).size() >= beats || !client.peer().open();
  };
  co_await until(s.scheduler, all_came, enough);
  require(client.peer().open(), "it has left: " + client.peer().ending());
  const std::vector<Tick> silences = client.silences_before_beats(since);
  require(silences.size() >= beats, std::to_string(silences.size()) + " heartbeats in " + seconds(enough));
  co_return median(silences);
}

std::string about(Tick measured, Tick interval) {
  std::string text = "a heartbeat after each " + seconds(measured) + " of silence";
  require(measured >= interval * 9 / 10 && measured <= interval * 5 / 4 + 50,
          text + " instead of " + seconds(interval));
  return text;
}

Task<std::string> asks_login_server_and_logs_in(ClientStory& s) {
  s.asks_login_server = s.server.times_asked() > 0;
  if (!s.asks_login_server) throw NotTested("it came without asking: point it at --login, not at --server");
  require(s.client->place() == Place::kFirst, "it did not go where login_server sent it");
  co_return "asked, then logged in as " + one_line(s.client->login().user_name());
}

Task<std::string> beats_fill_silence(ClientStory& s) {
  const Tick silence = co_await silence_before_beats(s, kBeats);
  co_return about(silence, s.interval);
}

Task<std::string> probe_is_answered(ClientStory& s) {
  co_await silence_before_beats(s, 1);  // so that what comes next is no heartbeat of its own
  Visitor& client = *s.client;
  const size_t before = client.notes().size();
  const Tick asked_at = s.now();
  client.peer().send(IM::Other::IMHeartBeat(), 0);
  const std::function<bool()> answered = [&client, before] { return client.notes().size() > before; };
  const bool came = co_await until(s.scheduler, answered, std::min(s.interval / 2, s.timings.probe_timeout));
  require(came, "nothing came");
  co_return "answered after " + seconds(s.now() - asked_at);
}

Task<std::string> traffic_suppresses_beats(ClientStory& s) {
  Visitor& client = *s.client;
  const size_t since = client.notes().size();
  for (int i = 0; i < 3 * kBeats; ++i) {
    client.deliver();
    co_await s.scheduler.sleep(s.interval / 3);
  }
  const size_t acks = client.count(kAck, since) + client.count(kReadAck, since);
  if (acks == 0) throw NotTested("it acknowledges no message, so it had nothing to send");
  for (const Tick silence : client.silences_before_beats(since)) {
    require(silence >= s.interval * 9 / 10, "a heartbeat " + seconds(silence) + " after another PDU");
  }
  co_return std::to_string(acks) + " acks, " + std::to_string(client.count(kHeartbeat, since)) + " heartbeats";
}

Task<std::string> drain_makes_before_break(ClientStory& s) {
  const Place target = other(s.client->place());
  const Tick since = s.now();
  s.client->tell(GO_AWAY_DRAIN, &s.server.address_of(target));
  std::string measured = co_await moves(s, since);
  require(s.client->place() == target, "it did not go where it was sent");
  co_return measured;
}

Task<std::string> max_age_makes_before_break(ClientStory& s) {
  const Tick since = s.now();
  const size_t asked = s.server.times_asked();
  s.client->tell(GO_AWAY_MAX_AGE);
  std::string measured = co_await moves(s, since);
  require(!s.asks_login_server || s.server.times_asked() > asked, "it did not ask login_server where to go");
  co_return measured;
}

Task<std::string> unacked_message_is_sent_again(ClientStory& s) {
  Visitor& old = *s.client;
  old.acknowledge(false);
  s.speaker.say_something();
  const std::function<bool()> sent = [&old] { return !old.messages().empty(); };
  const bool spoke = co_await until(s.scheduler, sent, s.speaker.patience());
  if (!spoke) throw NotTested("it sent no message");
  const uint64_t key = old.messages().front().client_msg_key();
  require(key != 0, "it was sent without client_msg_key: sent again, it would be stored twice");
  const Tick since = s.now();
  old.tell(GO_AWAY_DRAIN, &s.server.address_of(other(old.place())));
  co_await moves(s, since);
  Visitor& fresh = *s.client;
  const std::function<bool()> again = [&fresh, key] {
    return std::ranges::any_of(fresh.messages(), [key](const auto& m) { return m.client_msg_key() == key; });
  };
  const bool came = co_await until(s.scheduler, again, kPatience);
  require(came, "it was not sent again");
  co_await s.scheduler.sleep(s.timings.tolerance);
  require(std::ranges::count_if(fresh.messages(), [key](const auto& m) { return m.client_msg_key() == key; }) == 1,
          "it was sent again although it had its ack");
  co_return "sent again with the same key, and once";
}

Task<std::string> token_replaces_password(ClientStory& s) {
  if (s.logins < 2) throw NotTested("it has logged in only once");
  const IM::Login::IMLoginReq& login = s.client->login();
  require(!login.session_token().empty(), "it came back without the session token");
  require(login.password().empty(), "it sent its password all the same");
  co_return "came back with the token alone";
}

Task<std::string> too_many_pings_doubles_the_interval(ClientStory& s) {
  s.client->tell(GO_AWAY_TOO_MANY_PINGS);
  co_await s.scheduler.sleep(1);
  s.client->peer().close();
  co_await be_online(s);
  s.interval *= 2;
  const Tick silence = co_await silence_before_beats(s, 2);
  co_return about(silence, s.interval);
}

Task<std::string> dead_server_is_left(ClientStory& s) {
  co_await silence_before_beats(s, 1);
  Visitor& old = *s.client;
  old.freeze();
  const Tick since = s.now();
  const Tick limit = s.interval + s.timings.response_timeout;
  const bool left = co_await until(
      s.scheduler, [&old] { return !old.peer().open(); }, s.timings.patience(limit));
  require(left, "it still waits after " + seconds(s.now() - since));
  const Tick took = old.peer().closed_at() - since;
  require(took >= s.timings.response_timeout * 9 / 10, "left too early, after " + seconds(took));
  require(took <= s.timings.latest(limit), "left too late, after " + seconds(took));
  co_return "left after " + seconds(took);
}

// Full jitter: each pause is a random share of a window that doubles.
Task<std::string> backoff_grows_and_has_jitter(ClientStory& s) {
  const Tick online_for = s.now() - s.client->logged_in_at();
  co_await s.scheduler.sleep(s.timings.backoff_reset + s.timings.backoff_reset / 10 - online_for);
  Door& door = s.server.door();
  door.refuses = true;
  door.refused_at = {s.now()};
  s.client->peer().close();
  co_await until(
      s.scheduler, [&door] { return door.refused_at.size() > kAttempts; },
      kAttempts * s.timings.latest(s.timings.backoff_max));
  door.refuses = false;
  const std::vector<Tick> at = door.refused_at;
  require(at.size() > kAttempts, "only " + std::to_string(at.size() - 1) + " attempts came");
  std::string measured = "pauses";
  std::vector<Tick> pauses;
  bool jitter = false;
  Tick window = s.timings.backoff_first;
  for (size_t i = 1; i <= kAttempts; ++i, window = std::min(2 * window, s.timings.backoff_max)) {
    pauses.push_back(at[i] - at[i - 1]);
    measured += " " + seconds(pauses.back());
    jitter = jitter || pauses.back() < window * 3 / 4;
  }
  require(std::ranges::max(pauses) <= s.timings.latest(s.timings.backoff_max), measured + ": too long");
  require(std::max({pauses[3], pauses[4], pauses[5]}) > std::max(pauses[0], pauses[1]),
          measured + ": they do not grow");
  require(jitter, measured + ": nothing random in them");
  co_return measured;
}

Task<std::string> kick_is_final(ClientStory& s) {
  IM::Login::IMKickUser kick;
  kick.set_user_id(Door::kUser);
  kick.set_kick_reason(IM::BaseDefine::KICK_REASON_DUPLICATE_USER);
  s.client->peer().send(kick);
  co_await s.scheduler.sleep(1);
  s.client->peer().close();
  const size_t before = s.server.connections();
  const Tick quiet = 8 * s.timings.backoff_first;
  const bool came = co_await until(
      s.scheduler, [&s, before] { return s.server.connections() > before; }, quiet);
  require(!came, "it came back");
  co_return "not seen again for " + seconds(quiet);
}

constexpr std::array kClientChecks{
    ClientCheck{"asks_login_server_and_logs_in", "client library 2", "where to go, each time anew",
                asks_login_server_and_logs_in},
    ClientCheck{"beats_fill_silence", "client library 1; rule 3",
                "one after each {client-heartbeat-interval} of silence, not interval plus timeout", beats_fill_silence},
    ClientCheck{"probe_is_answered", "client.probe_after", "anything, soon after the server's heartbeat",
                probe_is_answered},
    ClientCheck{"traffic_suppresses_beats", "rule 3", "no heartbeat while it sends other PDUs",
                traffic_suppresses_beats},
    ClientCheck{"drain_makes_before_break", "client library 5",
                "logged in at the place named, then gone from the old one", drain_makes_before_break},
    ClientCheck{"max_age_makes_before_break", "client library 5", "the same, where login_server says",
                max_age_makes_before_break},
    ClientCheck{"unacked_message_is_sent_again", "client library 4", "after the move, with the same client_msg_key",
                unacked_message_is_sent_again},
    ClientCheck{"token_replaces_password", "client library 3", "a later login carries the session token, no password",
                token_replaces_password},
    ClientCheck{"too_many_pings_doubles_the_interval", "client library 5", "back, with 2 x {client-heartbeat-interval}",
                too_many_pings_doubles_the_interval},
    ClientCheck{"backoff_grows_and_has_jitter", "client library 2",
                "pauses are random shares of {backoff-first}, doubling up to {backoff-max}",
                backoff_grows_and_has_jitter},
    ClientCheck{"dead_server_is_left", "client library 1",
                "left {response-timeout} after a heartbeat without an answer", dead_server_is_left},
    ClientCheck{"kick_is_final", "client library 6", "does not come back", kick_is_final},
};

Task<> run_one(ClientStory& story, const ClientCheck& check, Row& row) {
  row.mark = Mark::kRunning;
  const Tick begin = story.now();
  try {
    co_await be_online(story);
    row.measured = co_await check.run(story);
    row.mark = Mark::kPassed;
  } catch (const Failed& failed) {
    row.measured = failed.what();
    row.mark = Mark::kFailed;
  } catch (const NotTested& reason) {
    row.measured = std::string("not tested: ") + reason.what();
    row.mark = Mark::kOff;
  }
  row.took = story.now() - begin;
}

}  // namespace

std::span<const ClientCheck> client_checks() {
  return kClientChecks;
}

Detached run_client_checks(ClientStory& story, std::vector<const ClientCheck*> checks, std::vector<Row>& rows,
                           std::function<void()> on_end) {
  for (size_t i = 0; i < checks.size(); ++i) co_await run_one(story, *checks[i], rows[i]);
  on_end();
}

}  // namespace talkbeat::check
