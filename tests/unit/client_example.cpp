#include <iostream>

#include "tools/client/client.h"

using namespace talkbeat;

struct Echo : ClientListener {
  ClientLoop loop;
  Client client{loop.network, {.login_servers = {{"127.0.0.1", 8008}}, .user = "echo", .password = "pw"}, *this};

  void on_state(ClientState state, const std::string& why) override {
    std::cerr << to_string(state) << ": " << why << "\n";
    if (state == ClientState::kClosed) loop.events.stop();
  }
  void on_message(const ReceivedMessage& message) override {
    if (message.mine) return;
    client.send_text(message.from, "you said: " + message.body);
    client.mark_read(message.conversation, message.msg_id);
  }
};

int main() {
  Echo echo;
  echo.client.start();
  echo.loop.events.run();
  return 0;
}
