#include "tools/talkload/fleet.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/pdu_protocol.h"
#include "base/wire_password.h"
#include "proto/command_of.h"
#include "tools/talkload/pdu_templates.h"

namespace talkbeat::load {

namespace {

constexpr Tick kLookWhileStartingMs = 10;
constexpr Tick kLookMs = 100;           // as the ring's slots
constexpr Tick kAttemptMs = 20'000;     // for connecting and logging in
constexpr uint32_t kAnswerMs = 15'000;  // a heartbeat without an answer for so long: the server is dead
constexpr Tick kFirstBackoffMs = 500;
constexpr Tick kLongestBackoffMs = 30'000;
constexpr uint32_t kUsPerMs = 1'000;
constexpr uint32_t kNsPerUs = 1'000;

// PROTOCOL.md, "Staying alive".
Tick backoff(uint8_t failures) {
  return std::min(kLongestBackoffMs, kFirstBackoffMs << std::min<int>(failures, 10));
}

std::vector<SocketAddress> raw(const std::vector<Address>& addresses) {
  std::vector<SocketAddress> all;
  all.reserve(addresses.size());
  for (const Address& address : addresses) all.push_back(address.to_sockaddr());
  return all;
}

// 127.0.0.1, 127.0.0.2, …
SocketAddress loopback_source(uint32_t number) {
  const std::string ip = "127.0." + std::to_string(number / 254) + "." + std::to_string(1 + number % 254);
  return Address{ip, 0}.to_sockaddr();
}

template <class Message>
bool parse(Message& message, std::span<const std::byte> body) {
  return message.ParseFromArray(body.data(), static_cast<int>(body.size()));
}

}  // namespace

Fleet::Fleet(EventLoop& loop, const ClusterAccess& access, const std::vector<ClientPlan>& plans,
             const FleetOptions& options, Counters& counters, FleetListener& listener)
    : loop_(loop),
      access_(access),
      options_(options),
      counters_(counters),
      listener_(listener),
      links_(loop, *this),
      rng_(options.seed),
      clients_(plans.size()),
      server_addresses_(access.msg_servers),
      servers_(raw(access.msg_servers)),
      login_servers_(raw(access.login_servers)),
      ring_(options.heartbeat_ms, options.seed, loop.now()),
      allowance_(options.connect_rate),
      ring_timer_(loop.timers(), [this] { look_around(); }),
      wire_password_(wire_password(access.users.password())) {
  for (uint32_t i = 0; i < options.source_addresses; ++i) sources_.push_back(loopback_source(i));
  for (uint32_t i = 0; i < plans.size(); ++i) {
    LoadClient& client = clients_[i];
    client.link.tag = i;
    client.user = plans[i].user;
    client.server = plans[i].server;
    client.id = access.users.id(client.user);
    client.asks = access.msg_servers.empty();
  }
  look_within(kLookWhileStartingMs);
}

void Fleet::start_all() {
  for (uint32_t i = 0; i < clients_.size(); ++i) to_start_.push_back(i);
  pump();
}

void Fleet::start(uint32_t client) {
  to_start_.push_back(client);
  pump_later();
}

void Fleet::pump_later() {
  if (pump_posted_) return;
  pump_posted_ = true;
  loop_.post([this] {
    pump_posted_ = false;
    pump();
  });
}

void Fleet::pump() {
  if (letting_go_ || to_start_.empty() || in_flight_ >= options_.connect_window) return;
  const auto most = std::min(options_.connect_window - in_flight_, static_cast<uint32_t>(to_start_.size()));
  look_within(kLookWhileStartingMs);
  for (uint32_t count = allowance_.take(loop_.now(), most); count > 0; --count) {
    const uint32_t number = to_start_.front();
    to_start_.pop_front();
    begin(number);
  }
}

void Fleet::begin(uint32_t number) {
  LoadClient& client = clients_[number];
  if (client.phase != Phase::kOff) return;
  ++in_flight_;
  client.clock_us = now_us();
  attempts_.push_back({number, client.clock_us, loop_.now() + kAttemptMs});
  client.phase = client.asks ? Phase::kAsking : Phase::kConnecting;
  connect_to(number, client.asks ? login_servers_[ask_turn_++ % login_servers_.size()] : servers_[client.server]);
}

void Fleet::connect_to(uint32_t number, const SocketAddress& target) {
  LoadClient& client = clients_[number];
  const SocketAddress* source =
      sources_.empty() ? nullptr : &sources_[(number + options_.first_source) % sources_.size()];
  if (client.link.connect(links_, target, source)) return;
  lost(number, std::string("cannot connect: ") + std::strerror(errno));
}

void Fleet::end_attempt() {
  --in_flight_;
  if (!to_start_.empty()) pump_later();
}

void Fleet::on_connected(LoadLink& link) {
  LoadClient& client = clients_[link.tag];
  if (client.phase == Phase::kAsking) {
    link.send(encode_pdu(IM::Login::IMMsgServReq()).bytes());
    return;
  }
  ++counters_.connections;
  client.phase = Phase::kLoggingIn;
  send_login(client);
}

void Fleet::send_login(LoadClient& client) {
  IM::Login::IMLoginReq request;
  request.set_user_name(access_.users.name(client.user));
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  if (access_.users.has_tokens()) {
    request.set_password("");
    request.set_session_token(access_.users.token(client.user));
  } else {
    request.set_password(wire_password_);
  }
  client.link.send(encode_pdu(request, 1).bytes());
}

void Fleet::send(uint32_t client, std::span<const std::byte> pdu) {
  clients_[client].last_sent_ms = static_cast<uint32_t>(loop_.now());
  clients_[client].link.send(pdu);
}

bool Fleet::on_pdu(LoadLink& link, const PduHeader& header, std::span<const std::byte> body) {
  const uint32_t number = link.tag;
  LoadClient& client = clients_[number];
  switch (header.command_id) {
    case IM::BaseDefine::CID_OTHER_HEARTBEAT:
      on_heartbeat(client);
      break;
    case kCommandOf<IM::Login::IMMsgServRsp>:
      on_place(number, body);
      break;
    case kCommandOf<IM::Login::IMLoginRes>:
      on_login_answer(number, body);
      break;
    case kCommandOf<IM::Login::IMKickUser>:
      lost(number, "kicked: the user has logged in elsewhere (another run with the same users?)");
      break;
    case kCommandOf<TbGoAway>:
      on_go_away(number, body);
      break;
    default:
      if (client.phase == Phase::kOnline) listener_.on_pdu(number, header, body, links_.read_at_ns());
  }
  return true;
}

void Fleet::on_heartbeat(LoadClient& client) {
  if (!client.beat_open) return;
  client.beat_open = false;
  listener_.on_beat_answered(client.link.tag, took_ns(client));
}

// The clocks of clients are 32 bits of microseconds: the difference is right where they have turned over once.
uint64_t Fleet::took_ns(const LoadClient& client) const {
  const auto read_at_us = static_cast<uint32_t>(links_.read_at_ns() / kNsPerUs);
  const uint32_t took_us = read_at_us - client.clock_us;
  return uint64_t{took_us} * kNsPerUs;
}

void Fleet::on_place(uint32_t number, std::span<const std::byte> body) {
  LoadClient& client = clients_[number];
  IM::Login::IMMsgServRsp answer;
  if (!parse(answer, body) || answer.result_code() != IM::BaseDefine::REFUSE_REASON_NONE) {
    ++counters_.refused;
    lost(number, "login_server has no msg_server for us (result_code " + std::to_string(answer.result_code()) + ")");
    return;
  }
  client.server = server_index(answer.prior_ip(), answer.port());
  client.link.close();
  client.phase = Phase::kConnecting;
  // The link that this is about connects again only when its reader has returned.
  loop_.post([this, number] {
    if (clients_[number].phase == Phase::kConnecting && !clients_[number].link.open()) {
      connect_to(number, servers_[clients_[number].server]);
    }
  });
}

uint16_t Fleet::server_index(const std::string& ip, uint32_t port) {
  const Address address{ip, static_cast<uint16_t>(port)};
  const auto found = std::find(server_addresses_.begin(), server_addresses_.end(), address);
  if (found == server_addresses_.end()) {
    server_addresses_.push_back(address);
    servers_.push_back(normal_ip(ip) ? address.to_sockaddr() : Address{"127.0.0.1", address.port}.to_sockaddr());
    return static_cast<uint16_t>(servers_.size() - 1);
  }
  return static_cast<uint16_t>(found - server_addresses_.begin());
}

void Fleet::on_login_answer(uint32_t number, std::span<const std::byte> body) {
  LoadClient& client = clients_[number];
  IM::Login::IMLoginRes answer;
  if (client.phase != Phase::kLoggingIn) return;
  if (!parse(answer, body) || answer.result_code() != IM::BaseDefine::REFUSE_REASON_NONE) {
    ++counters_.refused;
    lost(number,
         "login refused: " + answer.result_string() + " (result_code " + std::to_string(answer.result_code()) + ")");
    return;
  }
  const bool again = client.was_online;
  const uint64_t login_took_ns = took_ns(client);
  client.id = answer.user_info().user_id();
  client.phase = Phase::kOnline;
  client.was_online = true;
  client.failures = 0;
  client.beat_open = false;
  ++online_;
  ++counters_.logged_in;
  if (again) ++counters_.reconnected;
  if (!client.beating) ring_.add(number);
  client.beating = true;
  end_attempt();
  listener_.on_online(number, login_took_ns, again);
}

// Asked to move: it leaves by itself after the pause it is told. (A stock client stays until it is closed; TalkBeat's
// own logs in at the new place first, for which a load client has one connection too few.)
void Fleet::on_go_away(uint32_t number, std::span<const std::byte> body) {
  TbGoAway notice;
  if (!parse(notice, body)) return;
  LoadClient& client = clients_[number];
  if (!options_.reconnect || client.phase != Phase::kOnline) {
    note_trouble("told to go away: " + GoAwayReason_Name(notice.reason()));
    return;
  }
  client.link.finish();
  client.phase = Phase::kOff;
  --online_;
  listener_.on_offline(number);
  client.asks = !login_servers_.empty();
  return_later(number, notice.reconnect_after_ms());
}

void Fleet::on_lost(LoadLink& link, const std::string& why) {
  lost(link.tag, why);
}

void Fleet::lost(uint32_t number, const std::string& why) {
  LoadClient& client = clients_[number];
  const Phase phase = client.phase;
  if (phase == Phase::kOff) return;
  client.phase = Phase::kOff;
  client.link.close();
  if (phase == Phase::kOnline) {
    --online_;
    if (!letting_go_) ++counters_.closed;
    if (!letting_go_) note_trouble(why);
    listener_.on_offline(number);
    if (!options_.reconnect && !coming_up_) return;
  } else {
    ++counters_.errors;
    note_trouble(why);
    end_attempt();
    ++client.failures;
  }
  // As a real client: by login_server, since the server that it had may be gone.
  if (options_.reconnect && !login_servers_.empty()) client.asks = true;
  return_later(number, static_cast<Tick>(rng_.below(static_cast<uint64_t>(backoff(client.failures)))));
}

void Fleet::return_later(uint32_t number, Tick delay) {
  if (!letting_go_) returning_.push({loop_.now() + delay, number});
}

void Fleet::drop(uint32_t number) {
  LoadClient& client = clients_[number];
  if (client.phase == Phase::kOff) return;
  if (client.phase == Phase::kOnline) {
    --online_;
  } else {
    end_attempt();
  }
  client.link.close();
  client.phase = Phase::kOff;
}

void Fleet::close_all() {
  letting_go_ = true;
  for (LoadClient& client : clients_) {
    client.link.close();
    client.phase = Phase::kOff;
  }
}

// False: it is out of the ring, and comes back into it with its next login.
bool Fleet::beat(uint32_t number) {
  LoadClient& client = clients_[number];
  if (client.phase != Phase::kOnline) return client.beating = false;
  const auto now_ms = static_cast<uint32_t>(loop_.now());
  if (client.beat_open && now_us() - client.clock_us > kAnswerMs * kUsPerMs) {
    lost(number, "no answer to a heartbeat for 15 s");
    return client.beating = false;
  }
  if (!beats_ || now_ms - client.last_sent_ms < options_.heartbeat_ms / 2) return true;
  client.clock_us = now_us();
  client.beat_open = true;
  ++counters_.beats;
  send(number, heartbeat_pdu(++client.seq_num).span());
  return true;
}

// Never later than it is to come already: logins that end one upon the other would put it off for as long as they do,
// and those who are online would not beat.
void Fleet::look_within(Tick delay) {
  const Tick due = loop_.now() + delay;
  if (ring_timer_.armed() && look_due_ <= due) return;
  look_due_ = due;
  ring_timer_.start_once(delay);
}

void Fleet::look_around() {
  const Tick now = loop_.now();
  ring_.advance(now, [this](uint32_t number) { return beat(number); });
  while (!returning_.empty() && returning_.top().due <= now) {
    to_start_.push_back(returning_.top().client);
    returning_.pop();
  }
  while (!attempts_.empty() && attempts_.front().due <= now) {
    const Attempt attempt = attempts_.front();
    attempts_.pop_front();
    const LoadClient& client = clients_[attempt.client];
    const bool same = client.clock_us == attempt.began_us && client.phase != Phase::kOff;
    if (same && client.phase != Phase::kOnline) lost(attempt.client, "no login within 20 s");
  }
  look_within(kLookMs);
  pump();
}

uint32_t Fleet::open_beats() const {
  const auto waits = [](const LoadClient& client) { return client.phase == Phase::kOnline && client.beat_open; };
  return static_cast<uint32_t>(std::count_if(clients_.begin(), clients_.end(), waits));
}

void Fleet::count_bytes() {
  counters_.bytes_in = links_.bytes_in();
  counters_.bytes_out = links_.bytes_out();
}

void Fleet::note_trouble(const std::string& why) {
  if (troubles_.size() < kKeptReasons || troubles_.contains(why)) ++troubles_[why];
}

}  // namespace talkbeat::load
