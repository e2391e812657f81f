// The client library against a server that may say anything: connection 0 is the first that the client has begun, and
// so on. The special step is what a person may do meanwhile: send, read, ask, stop. What the script says has the
// sequence number of the client's last question, so it is taken for the answer.

#include <deque>

#include "base/check.h"
#include "base/rng.h"
#include "tests/fuzz/message_types.h"
#include "tests/fuzz/pdu_world.h"
#include "tests/fuzz/script_mutator.h"
#include "tests/unit/client_fake_answers.h"
#include "tools/client/client.h"

namespace talkbeat::fuzz {
namespace {

using namespace IM::BaseDefine;

/// An application that does something wherever it is called.
class Application final : public ClientListener {
 public:
  Client* client = nullptr;

  void on_message(const ReceivedMessage& message) override {
    CHECK(message.msg_id > 0);
    client->mark_read(message.conversation, message.msg_id);
    if (!message.mine && message.body == "ping") client->send_text(message.conversation, "pong");
  }
  void on_file_offer(const FileOffer& offer) override { CHECK(!offer.task_id.empty()); }
};

class ServerWorld final : public PduWorld {
 public:
  ServerWorld() {
    application_.client = &client_;
    client_.start();
  }

 private:
  static ClientOptions options() {
    return {.login_servers = {{"192.0.2.100", 8008}}, .user = "alice", .password = "secret", .max_unsent = 5};
  }

  StreamPtr open(uint8_t /*number*/) override {
    for (StreamPtr& stream : network.take_dialed()) dialed_.push_back(std::move(stream));
    if (dialed_.empty()) return nullptr;
    StreamPtr first = std::move(dialed_.front());
    dialed_.pop_front();
    return first;
  }
  void special(uint8_t number, uint8_t argument) override {
    switch (argument % 6) {
      case 0:
        client_.send_text(2, "hello");
        return;
      case 1:
        client_.send_text(ConversationId{SESSION_TYPE_GROUP, 1}, "hello all");
        return;
      case 2:
        client_.request<IM::Message::IMClientTimeReq, IM::Message::IMClientTimeRsp>({}, [](const auto&) {});
        return;
      case 3:
        PduWorld::say(number, accepted_login(1));
        return;
      case 4:
        PduWorld::say(number, directions_to({"192.0.2.1", 8200}, "192.0.2.2"));
        return;
      default:
        if (argument > 250) client_.stop();
        return;
    }
  }
  uint16_t next_seq(uint8_t number) override { return asked_[number]; }
  void heard(uint8_t number, const PduHeader& header, const std::string& /*body*/) override {
    asked_[number] = header.seq_num;
  }
  void stop() override { client_.stop(); }
  bool stopped() const override { return connections_.size() == 0; }

  std::deque<StreamPtr> dialed_;
  std::array<uint16_t, kConnections> asked_{};
  SeededRng rng_{1};
  ClientNetwork connections_{loop, rng_};
  Application application_;
  Client client_{connections_, options(), application_};
};

}  // namespace

std::span<const uint16_t> script_commands() {
  return all_commands();
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  talkbeat::fuzz::ServerWorld().play({data, size});
  return 0;
}
