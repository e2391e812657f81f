#pragma once

#include <optional>

#include "tests/sim/message_check.h"
#include "tests/sim/sim_servers.h"
#include "tools/client/client.h"

namespace talkbeat::sim {

/// One run of a client program: the client library, in a process of its own on its user's device.
class SimClient final : private ClientListener {
 public:
  struct Identity {
    UserId user = 0;
    std::string name;
    IM::BaseDefine::ClientType type = IM::BaseDefine::CLIENT_TYPE_WINDOWS;
    std::vector<Address> login_servers;
    std::function<bool()> may_be_kicked{};  ///< another device can have logged in, or the clocks are wrong
    double reads = 0.3;                     ///< how often the person marks what is shown as read
  };

  SimClient(const Place& place, const Identity& identity, MessageCheck& check);

  SimProcess& process() { return process_; }
  InstanceId id() const { return id_; }
  const Identity& identity() const { return identity_; }
  const Client& client() const { return *client_; }
  bool online() const { return client_->state() == ClientState::kOnline; }
  bool closed() const { return client_->state() == ClientState::kClosed; }
  /// Its last bytes have gone.
  bool gone() const { return closed() && network_.size() == 0; }

  // What the person does; it happens in the process's next turn.
  void send(const ConversationId& to, size_t length);
  void leave();
  /// Asks the server who of these is online; `answer` gets the ids.
  void ask_online(const std::vector<UserId>& users, std::function<void(std::vector<UserId>)> answer);

 private:
  void on_state(ClientState state, const std::string& why) override;
  void on_moved(const Address& server, const std::string& why) override;
  void on_message(const ReceivedMessage& message) override;
  void on_sent(uint64_t local_id, uint32_t msg_id) override;
  void on_send_failed(uint64_t local_id, ErrorCode code, const std::string& text) override;
  void on_synced() override;
  void on_kicked(KickedBy by) override;

  Tally& tally_;
  MessageCheck& check_;
  const Identity identity_;
  const InstanceId id_;
  SimProcess process_;
  ClientNetwork network_;
  std::optional<Client> client_;
  int times_online_ = 0;
};

}  // namespace talkbeat::sim
