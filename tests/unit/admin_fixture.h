#pragma once

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/listener.h"
#include "msg_server/http_pages.h"
#include "tests/unit/msg_server_fixture.h"

/// A msg_server in the test's thread, and its HTTP port with the administration API.
namespace talkbeat::msg_server_test {

using Json = nlohmann::ordered_json;

class AdminTest : public MsgServerTest {
 protected:
  AdminTest() {
    EXPECT_TRUE(http_listener.start({"127.0.0.1", 0}).ok());
    std::ofstream(key_path) << key;
    ::chmod(key_path.c_str(), 0600);
    config.admin.key_file = key_path;
    config.admin.max_body = 4 << 10;
    config.admin.broadcast_batch = 3;
    config.password.cost = {.operations = 1, .memory_bytes = 64 << 10};
    EXPECT_TRUE(pages.start().ok());
  }
  ~AdminTest() override { ::unlink(key_path.c_str()); }

  struct Answer {
    int status = 0;
    std::string head;
    Json json;
  };

  /// With the key, and a JSON body where one is given.
  Answer ask(const std::string& method, const std::string& path, const Json& body = nullptr) {
    std::string headers = "Authorization: Bearer " + key + "\r\n";
    if (!body.is_null()) headers += "Content-Type: application/json\r\n";
    return ask_raw(method, path, headers, body.is_null() ? "" : body.dump());
  }
  Answer ask_raw(const std::string& method, const std::string& path, std::string headers,
                 const std::string& body = "") {
    if (!body.empty()) headers += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    Peer peer(connect_to(http_listener.address()));
    peer.send(method + " " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + headers + "\r\n" + body);
    std::string text;
    EXPECT_TRUE(until([&] {
      text += peer.receive();
      return peer.ended();
    })) << path;
    Answer answer;
    const size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) return answer;
    answer.status = std::atoi(text.c_str() + 9);
    answer.head = text.substr(0, end);
    answer.json = Json::parse(text.substr(end + 4), nullptr, false);
    return answer;
  }
  static std::string error_of(const Answer& answer) { return answer.json.value("error", ""); }

  UserId add(const std::string& name) {
    const Answer added = ask("POST", "/api/users", {{"name", name}, {"password", "secret"}});
    EXPECT_EQ(added.status, 201) << added.json;
    return added.json.value("id", UserId{0});
  }

  static int connect_to(const Address& server) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const SocketAddress raw = server.to_sockaddr();
    EXPECT_EQ(::connect(fd, raw.get(), raw.length), 0);
    return fd;
  }

  const std::string key = std::string(60, 'a') + "0123";
  const std::string key_path = testing::TempDir() + "admin-" + std::to_string(::getpid()) + ".key";
  bool draining = false;
  MsgHttpPages pages{parts,
                     metrics,
                     close_log.closed(),
                     {.health = [] { return std::string(R"({"status":"ok"})"); },
                      .ready = [] { return true; },
                      .draining = [this] { return draining; },
                      .drain = [this] { draining = true; }},
                     [this](ConnId id, const HttpResponse& response) { http.answer(id, response); }};
  HttpPort http{connections,
                {},
                [this](const HttpRequest& request, const Connection& asker) { return pages.respond(request, asker); },
                [this](const HttpRequest& head, const Connection& asker) { return pages.judge(head, asker); }};
  Listener http_listener{loop, {}, [this](SocketHandle socket, const Address& peer) { http.accept(socket, peer); }};
};

}  // namespace talkbeat::msg_server_test
