#include "tests/scenario/load.h"

#include <algorithm>
#include <random>
#include <set>

#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

using std::chrono::steady_clock;

// Everything that is not read at the end of a run.
constexpr milliseconds kFinishing = 120s;
constexpr size_t kFaultsShown = 5;
constexpr milliseconds kBeatEvery = 1s;

// Everything that has arrived is in the inbox after this, also where the server has closed.
void collect(WireClient& client) {
  try {
    client.expect_close(0ms);
  } catch (const Unexpected&) {
    // It has not closed: the usual case.
  }
}

// The seq_num of the first M in the inbox.
template <class M>
std::optional<uint16_t> first(const WireClient& client) {
  for (const Pdu& pdu : client.inbox()) {
    if (pdu.header.command_id == kCommandOf<M>) return pdu.header.seq_num;
  }
  return std::nullopt;
}

void fault(std::vector<std::string>& faults, const std::string& text) {
  if (faults.size() < kFaultsShown) faults.push_back(text);
}

// The whole conversation, as the store has it.
std::map<uint32_t, std::string> history(WireClient& client, uint32_t peer, std::vector<std::string>& faults) {
  std::map<uint32_t, std::string> all;
  IM::Message::IMGetMsgListReq request;
  request.set_user_id(client.user_id());
  request.set_session_type(IM::BaseDefine::SESSION_TYPE_SINGLE);
  request.set_session_id(peer);
  request.set_msg_cnt(500);
  request.set_msg_id_begin(0);
  do {
    const auto page = client.ask<IM::Message::IMGetMsgListRsp>(request);
    if (page.msg_list().empty()) break;
    for (const auto& message : page.msg_list()) {
      if (!all.emplace(message.msg_id(), message.msg_data()).second) {
        fault(faults, "msg_id " + std::to_string(message.msg_id()) + " stands in the history twice");
      }
    }
    request.set_msg_id_begin(all.begin()->first - 1);
  } while (request.msg_id_begin() > 0);
  return all;
}

}  // namespace

Load::Load(const Cluster& cluster, const LoadShape& shape) : cluster_(cluster), shape_(shape) {
  add_pairs();
  for (const auto& pair : pairs_) {
    if (!log_in(pair->receiver) || !log_in(pair->sender)) throw Unexpected("the load's users cannot log in");
    pair->messages.reserve(10'000);
  }
  wait_until("the load's users are known", [&] { return users_online(cluster_) >= 2 * pairs_.size(); });
  threads_at_work_ = shape_.threads;
  for (size_t thread = 0; thread < shape_.threads; ++thread) threads_.emplace_back([this, thread] { drive(thread); });
}

Load::~Load() {
  finishing_ = give_up_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Load::add_pairs() {
  const Outcome added = cluster_.talkctl({"user", "add-many", "--prefix", shape_.prefix, "--count",
                                          std::to_string(2 * shape_.pairs), "--password", std::string(kPassword)});
  if (added.exit_code != 0) throw Unexpected("talkctl user add-many: " + added.err);
  for (size_t k = 0; k < shape_.pairs; ++k) {
    auto pair = std::make_unique<Pair>();
    pair->sender.name = shape_.prefix + std::to_string(2 * k + 1);
    pair->sender.home = k % shape_.msg_servers;
    pair->receiver.name = shape_.prefix + std::to_string(2 * k + 2);
    pair->receiver.home = (k + 1) % shape_.msg_servers;
    pairs_.push_back(std::move(pair));
  }
}

void Load::await_acks(size_t more, milliseconds timeout) {
  const size_t target = acked_ + more;
  wait_until(
      std::to_string(more) + " more acks", [&] { return acked_ >= target; }, timeout);
}

void Load::drive(size_t thread) {
  bool finished = false;
  while (!finished && !give_up_) {
    finished = finishing_;
    for (size_t k = thread; k < pairs_.size(); k += shape_.threads) {
      Pair& pair = *pairs_[k];
      step(pair);
      const bool answered = pair.in_flight.empty() && pair.to_send_again.empty();
      const bool heard = pair.receiver.logins > 1 || pair.heard.size() >= pair.messages.size();
      finished = finished && answered && heard;
    }
    std::this_thread::sleep_for(1ms);
  }
  --threads_at_work_;
}

// Whatever goes wrong with one connection is what the test is about: the next step begins with a new one.
void Load::step(Pair& pair) {
  try {
    if (log_in(pair.receiver)) listen(pair);
  } catch (const Unexpected&) {
    lose(pair.receiver);
    pair.heard.clear();
  }
  try {
    if (!log_in(pair.sender)) return;
    beat(pair.sender);
    collect(*pair.sender.client);
    take_acks(pair);
    take_refusals(pair);
    if (!pair.sender.client->closed()) return send_more(pair);
  } catch (const Unexpected&) {
    // A write to a server that has just died.
  }
  for (const auto& [seq, place] : pair.in_flight) pair.to_send_again.push_back(place);
  pair.in_flight.clear();
  lose(pair.sender);
}

void Load::lose(LoadUser& user) {
  if (user.client) user.lost_at = steady_clock::now();
  user.client.reset();
}

void Load::beat(LoadUser& user) {
  while (user.client->waiting<IM::Other::IMHeartBeat>() > 0) user.client->expect<IM::Other::IMHeartBeat>();
  if (!user.next_beat.passed()) return;
  user.client->send(IM::Other::IMHeartBeat());
  user.next_beat = Deadline(kBeatEvery);
}

bool Load::log_in(LoadUser& user) const {
  if (user.client) return true;
  for (size_t k = 0; k < shape_.msg_servers; ++k) {
    const std::string server = "msg_server_" + std::to_string((user.home + k) % shape_.msg_servers);
    try {
      auto client = std::make_unique<WireClient>(cluster_.client_port(server));
      user.id = client->log_in(user.name).user_info().user_id();
      user.client = std::move(client);
      if (user.logins++ > 0) user.away.push_back(std::chrono::ceil<milliseconds>(steady_clock::now() - user.lost_at));
      return true;
    } catch (const Unexpected&) {
      // This one is dead: another one may live.
    }
  }
  return false;
}

void Load::take_acks(Pair& pair) {
  while (const auto seq = first<IM::Message::IMMsgDataAck>(*pair.sender.client)) {
    const auto ack = pair.sender.client->expect<IM::Message::IMMsgDataAck>(seq);
    const auto found = pair.in_flight.find(*seq);
    if (found == pair.in_flight.end()) {
      fault(pair.faults, "an ack for nothing that waits for one, seq_num " + std::to_string(*seq));
      continue;
    }
    pair.messages[found->second].msg_id = ack.msg_id();
    pair.in_flight.erase(found);
    ++acked_;
  }
}

void Load::take_refusals(Pair& pair) {
  while (const auto seq = first<TbError>(*pair.sender.client)) {
    pair.sender.client->expect<TbError>(seq);
    const auto found = pair.in_flight.find(*seq);
    if (found == pair.in_flight.end()) continue;
    pair.to_send_again.push_back(found->second);
    pair.in_flight.erase(found);
    pair.next = Deadline(100ms);
  }
}

void Load::send_more(Pair& pair) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  while (pair.in_flight.size() < shape_.window && pair.next.passed()) {
    if (pair.to_send_again.empty()) {
      if (finishing_) return;
      const size_t next = pair.messages.size();
      pair.messages.push_back({random() | 1, pair.sender.name + " #" + std::to_string(next), 0});
      pair.to_send_again.push_back(next);
    }
    // Where writing fails, part of it may have gone: it stays in the list.
    const size_t place = pair.to_send_again.front();
    const LoadMessage& message = pair.messages[place];
    pair.in_flight[pair.sender.client->send_text(pair.receiver.id, message.text, message.key)] = place;
    pair.to_send_again.erase(pair.to_send_again.begin());
    pair.next = Deadline(shape_.pause);
  }
}

void Load::listen(Pair& pair) {
  WireClient& client = *pair.receiver.client;
  beat(pair.receiver);
  collect(client);
  while (client.waiting<IM::Message::IMMsgData>() > 0) {
    const auto message = client.expect<IM::Message::IMMsgData>();
    if (!pair.heard.emplace(message.msg_id(), message.msg_data()).second) {
      fault(pair.faults, pair.receiver.name + " got msg_id " + std::to_string(message.msg_id()) + " twice");
    }
  }
  if (!client.closed()) return;
  lose(pair.receiver);
  pair.heard.clear();
}

std::vector<std::string> Load::finish() {
  finishing_ = true;
  const Deadline deadline(kFinishing);
  while (threads_at_work_ > 0 && !deadline.passed()) std::this_thread::sleep_for(10ms);
  const bool late = threads_at_work_ > 0;
  give_up_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::vector<std::string> faults;
  if (late) faults.push_back("not everything was answered and heard in time");
  for (const auto& pair : pairs_) {
    compare(*pair);
    faults.insert(faults.end(), pair->faults.begin(), pair->faults.end());
  }
  return faults;
}

void Load::compare(Pair& pair) const {
  if (pair.sender.client->closed()) lose(pair.sender);
  if (!log_in(pair.sender) || !log_in(pair.receiver)) throw Unexpected("the load's users cannot log in at the end");
  pair.receiver.client->sync();
  listen(pair);
  const auto stored = history(*pair.sender.client, pair.receiver.id, pair.faults);
  const std::string& name = pair.sender.name;
  if (!stored.empty() && stored.rbegin()->first != stored.size()) fault(pair.faults, name + ": msg_ids have gaps");
  std::set<std::string> texts;
  for (const auto& [id, text] : stored) {
    if (!texts.insert(text).second) fault(pair.faults, "stored twice: " + text);
  }
  if (stored.size() > pair.messages.size()) fault(pair.faults, name + ": more is stored than was sent");
  const bool listened = pair.receiver.logins == 1;
  for (const LoadMessage& message : pair.messages) {
    const auto found = stored.find(message.msg_id);
    if (message.msg_id == 0) {
      fault(pair.faults, "never acked: " + message.text);
    } else if (found == stored.end() || found->second != message.text) {
      fault(pair.faults, "acked as " + std::to_string(message.msg_id) + " and not stored so: " + message.text);
    } else if (listened && !pair.heard.contains(message.msg_id)) {
      fault(pair.faults, "stored and never delivered to " + pair.receiver.name + ": " + message.text);
    }
  }
  for (const auto& [id, text] : pair.heard) {
    const auto found = stored.find(id);
    if (found == stored.end() || found->second != text) fault(pair.faults, "delivered and not stored so: " + text);
  }
}

std::vector<milliseconds> Load::times_away() const {
  std::vector<milliseconds> times;
  for (const auto& pair : pairs_) {
    for (const LoadUser* user : {&pair->sender, &pair->receiver}) {
      times.insert(times.end(), user->away.begin(), user->away.end());
    }
  }
  std::ranges::sort(times);
  return times;
}

size_t Load::receivers_lost() const {
  size_t lost = 0;
  for (const auto& pair : pairs_) lost += pair->receiver.logins - 1;
  return lost;
}

}  // namespace talkbeat::scenario
