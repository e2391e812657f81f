#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/epoll_transport.h"
#include "tests/unit/client_fake_server.h"
#include "tools/client/client.h"

namespace talkbeat {

/// Writes down what a client tells its application.
struct ClientRecorder final : ClientListener {
  std::vector<ClientState> states;
  std::string why;
  std::vector<std::string> whys;           // of losing the connection
  std::vector<std::string> texts;          // "2:hello" from user 2
  std::vector<std::string> conversations;  // of each text: "user 2", "group 7"
  std::vector<std::string> events;         // of groups, people and files
  std::vector<uint32_t> sent;              // msg_ids, in the order of the acks
  std::vector<std::string> failed;
  uint32_t unread = 0;
  int synced = 0;
  int kicks = 0;
  int moves = 0;

  void on_state(ClientState state, const std::string& reason) override {
    states.push_back(state);
    why = reason;
    if (state == ClientState::kDisconnected) whys.push_back(reason);
  }
  void on_message(const ReceivedMessage& message) override {
    texts.push_back(std::to_string(message.from) + ":" + message.body);
    const bool group = message.conversation.type == IM::BaseDefine::SESSION_TYPE_GROUP;
    conversations.push_back((group ? "group " : "user ") + std::to_string(message.conversation.id));
  }
  void on_avatar_changed(uint32_t user, const std::string& url) override {
    events.push_back("avatar " + std::to_string(user) + " " + url);
  }
  void on_sign_info_changed(uint32_t user, const std::string& text) override {
    events.push_back("sign " + std::to_string(user) + " " + text);
  }
  void on_p2p_command(uint32_t from, const std::string& data) override {
    events.push_back("p2p " + std::to_string(from) + " " + data);
  }
  void on_group_changed(const GroupChange& change) override {
    std::string event = "group " + std::to_string(change.group) + " by " + std::to_string(change.by);
    event += change.added ? " added" : " removed";
    for (const uint32_t user : change.changed) event += " " + std::to_string(user);
    event += " left";
    for (const uint32_t user : change.members) event += " " + std::to_string(user);
    events.push_back(event);
  }
  void on_file_offer(const FileOffer& offer) override {
    events.push_back("file " + offer.name + " " + std::to_string(offer.size) + " from " + std::to_string(offer.from) +
                     " task " + offer.task_id + " at " + offer.servers.at(0).to_string() +
                     (offer.offline ? " offline" : ""));
  }
  void on_sent(uint64_t, uint32_t msg_id) override { sent.push_back(msg_id); }
  void on_send_failed(uint64_t, ErrorCode, const std::string& text) override { failed.push_back(text); }
  void on_unread(std::span<const UnreadCount> counts) override {
    unread = 0;
    for (const UnreadCount& count : counts) unread += count.count;
  }
  void on_synced() override { ++synced; }
  void on_kicked(KickedBy) override { ++kicks; }
  void on_moved(const Address&, const std::string& reason) override {
    ++moves;
    why = reason;
  }
};

/// A client and a fake server in one loop, over loopback.
class ClientHarness : public testing::Test {
 protected:
  static constexpr uint32_t kBob = 2;
  static constexpr Tick kDeadlineMs = 10'000;

  ClientHarness() {
    options.login_servers = {server.address()};
    options.user = "alice";
    options.password = "secret";
    options.backoff = {.first_ms = 5, .max_ms = 20};
    options.least_stay_ms = 1;
  }

  void start() {
    client = std::make_unique<Client>(network, options, heard);
    client->start();
  }
  bool until(const std::function<bool()>& done) {
    const Tick deadline = clock.now() + kDeadlineMs;
    while (!done() && clock.now() < deadline) loop.turn(20);
    return done();
  }
  bool until_synced(int times = 1) {
    return until([&] { return heard.synced >= times; });
  }
  bool until_state(ClientState state) {
    return until([&] { return client->state() == state; });
  }

  SystemClock clock;
  SeededRng rng{1};
  EpollTransport transport;
  EventLoop loop{clock, transport};
  FakeServer server{loop};
  ClientNetwork network{loop, rng};
  ClientOptions options;
  ClientRecorder heard;
  std::unique_ptr<Client> client;
};

}  // namespace talkbeat
