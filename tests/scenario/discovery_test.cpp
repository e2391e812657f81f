// How a client finds a msg_server, and what login_server's pages tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using IM::Login::IMMsgServReq;
using IM::Login::IMMsgServRsp;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

ClusterOptions nobody(std::vector<std::string> settings = {}) {
  ClusterOptions options;
  options.users.clear();
  options.settings = std::move(settings);
  return options;
}

json by_http(const Cluster& cluster) {
  const HttpAnswer answer = cluster.get("login_server_0", "/msg_server");
  if (answer.status != 200) throw Unexpected("GET /msg_server: status " + std::to_string(answer.status));
  return json::parse(answer.body);
}

// Also: the connection is closed after the answer.
IMMsgServRsp by_pdu(const Cluster& cluster) {
  WireClient client(cluster.client_port("login_server_0"));
  const auto answer = client.ask<IMMsgServRsp>(IMMsgServReq());
  client.expect_close();
  return answer;
}

// Everything that the server says to these bytes until it closes.
std::string raw_http(uint16_t port, const std::string& request) {
  const Deadline deadline(kPatience);
  RawSocket socket(port);
  socket.write(request, deadline);
  std::string answer;
  while (socket.read(answer, deadline) == RawSocket::Event::kBytes) continue;
  return answer;
}

std::string request_line(const std::string& method, const std::string& path) {
  return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
}

TEST(Discovery, a_client_is_told_where_to_connect_in_the_form_of_the_protocol_page) {
  ClusterOptions options = nobody({"client.ip1=192.0.2.1", "client.ip2=198.51.100.1"});
  options.msg_servers = 1;
  Cluster cluster(options);
  const uint16_t port = cluster.client_port("msg_server_0");
  const std::string body = cluster.get("login_server_0", "/msg_server").body;
  EXPECT_THAT(body,
              StartsWith(R"({"code":0,"msg":"","priorIP":"192.0.2.1","backupIP":"198.51.100.1",)"
                         R"("msfsPrior":"http://localhost/","msfsBackup":"http://localhost/","discovery":"","port":")" +
                         std::to_string(port) + R"("})"));

  const IMMsgServRsp answer = by_pdu(cluster);
  EXPECT_EQ(answer.result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
  EXPECT_EQ(answer.prior_ip(), "192.0.2.1");
  EXPECT_EQ(answer.backip_ip(), "198.51.100.1");
  EXPECT_EQ(answer.port(), port);
}

TEST(Discovery, clients_are_spread_evenly_over_the_msg_servers_whichever_way_they_ask) {
  Cluster cluster(nobody({"allocation.handed_out_ttl=60s"}));
  std::map<std::string, int> told;
  for (int i = 0; i < 20; ++i) {
    ++told[by_http(cluster).at("port").get<std::string>()];
    ++told[std::to_string(by_pdu(cluster).port())];
  }
  EXPECT_EQ(told, (std::map<std::string, int>{{std::to_string(cluster.client_port("msg_server_0")), 20},
                                              {std::to_string(cluster.client_port("msg_server_1")), 20}}));
}

TEST(Discovery, a_msg_server_that_died_is_not_named_and_without_any_the_code_is_1) {
  Cluster cluster(nobody());
  const std::string survivor = std::to_string(cluster.client_port("msg_server_0"));
  cluster.kill9("msg_server_1");
  // The kernel of the dead process closes its link; that takes no time worth naming, but some.
  wait_until("login_server knows it",
             [&] { return json::parse(cluster.get("login_server_0", "/api/cluster").body).at("servers").size() == 1; });
  for (int i = 0; i < 4; ++i) EXPECT_EQ(by_http(cluster).at("port"), survivor);

  cluster.kill9("msg_server_0");
  wait_until("there is none", [&] { return by_http(cluster).at("code") == 1; });
  EXPECT_NE(by_http(cluster).at("msg"), "");
  EXPECT_EQ(by_pdu(cluster).result_code(), IM::BaseDefine::REFUSE_REASON_NO_MSG_SERVER);
  EXPECT_FALSE(by_pdu(cluster).has_port());

  cluster.start();
  EXPECT_EQ(by_http(cluster).at("code"), 0);
}

TEST(Discovery, where_all_are_full_the_code_is_2_and_one_connection_more_is_told_so) {
  ClusterOptions options = nobody({"client.max_connections=4", "allocation.handed_out_ttl=600s"});
  options.msg_servers = 1;
  options.users = {"alice"};
  Cluster cluster(options);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(by_http(cluster).at("code"), 0) << i;
  EXPECT_EQ(by_http(cluster).at("code"), 2);
  EXPECT_EQ(by_pdu(cluster).result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);

  const uint16_t port = cluster.client_port("msg_server_0");
  WireClient alice(port);
  alice.log_in("alice");
  std::vector<std::unique_ptr<WireClient>> others;
  for (int i = 0; i < 3; ++i) others.push_back(std::make_unique<WireClient>(port));
  WireClient late(port);
  EXPECT_EQ(late.expect<IM::Login::IMLoginRes>().result_code(), IM::BaseDefine::REFUSE_REASON_MSG_SERVER_FULL);
  late.expect_close();
  alice.sync();

  others.clear();
  wait_until("there is room again", [&] {
    WireClient again(port);
    again.send(IM::Other::IMHeartBeat());
    try {
      again.expect<IM::Other::IMHeartBeat>({}, 2s);
    } catch (const Unexpected&) {
      return false;
    }
    return true;
  });
}

TEST(Discovery, the_pages_say_which_servers_there_are_and_who_is_online) {
  ClusterOptions options;
  options.users = {"alice"};
  Cluster cluster(options);
  WireClient pc(cluster.client_port("msg_server_0"));
  WireClient mobile(cluster.client_port("msg_server_1"));
  pc.log_in("alice", kPc);
  mobile.log_in("alice", kMobile);

  const auto state = [&] { return json::parse(cluster.get("login_server_0", "/api/cluster").body); };
  wait_until("both sessions are known", [&] { return state().at("sessions_online") == 2; });
  const json all = state();
  EXPECT_EQ(all.at("login_server"), "login_server_0");
  EXPECT_EQ(all.at("users_online"), 1);
  std::map<std::string, json> servers;
  for (const json& server : all.at("servers")) servers[server.at("name")] = server;
  ASSERT_EQ(servers.size(), 2u);
  for (const auto& [name, server] : servers) {
    EXPECT_EQ(server.at("port"), cluster.client_port(name));
    EXPECT_EQ(server.at("http_port"), cluster.http_port(name));
    EXPECT_EQ(server.at("users"), 1);
    EXPECT_EQ(server.at("draining"), false);
    EXPECT_GT(server.at("max_connections"), 0);
    EXPECT_EQ(server.at("epoch").get<std::string>().size(), 16u);
  }
  EXPECT_NE(servers["msg_server_0"].at("epoch"), servers["msg_server_1"].at("epoch"));

  for (const std::string name : {"login_server_0", "msg_server_0", "msg_server_1"}) {
    const json health = json::parse(cluster.get(name, "/healthz").body);
    EXPECT_EQ(health.at("status"), "ok");
    EXPECT_EQ(health.at("name"), name);
  }
  EXPECT_EQ(cluster.get("msg_server_0", "/readyz").status, 200);
  const std::string figures = cluster.get("login_server_0", "/metrics").body;
  EXPECT_THAT(figures, HasSubstr("\ntalkbeat_msg_servers 2\n"));
  EXPECT_THAT(figures, HasSubstr("\ntalkbeat_users_online 1\n"));
  EXPECT_THAT(figures, HasSubstr("\nprocess_open_fds "));
  EXPECT_THAT(cluster.get("msg_server_0", "/metrics").body, HasSubstr("\ntalkbeat_login_servers 1\n"));
  EXPECT_THAT(cluster.get("msg_server_1", "/metrics").body, HasSubstr("\ntalkbeat_users 1\n"));
}

TEST(Discovery, what_is_no_page_is_404_and_what_is_no_get_405) {
  ClusterOptions options = nobody();
  options.msg_servers = 1;
  Cluster cluster(options);
  for (const std::string name : {"login_server_0", "msg_server_0"}) {
    const uint16_t port = cluster.http_port(name);
    EXPECT_EQ(cluster.get(name, "/").status, 404);
    EXPECT_EQ(cluster.get(name, "/msg_server/../etc/passwd").status, 404);
    EXPECT_EQ(cluster.get(name, "/healthz?probe=1").status, 200);
    for (const std::string method : {"POST", "PUT", "DELETE"}) {
      EXPECT_THAT(raw_http(port, request_line(method, "/healthz")), StartsWith("HTTP/1.1 405 ")) << name << method;
    }
    const std::string head = raw_http(port, request_line("HEAD", "/healthz"));
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 "));
    EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  }
  EXPECT_THAT(raw_http(cluster.http_port("login_server_0"), request_line("POST", "/msg_server")),
              HasSubstr("Allow: GET"));
  EXPECT_EQ(by_http(cluster).at("code"), 0) << "it goes on serving";
}

}  // namespace
}  // namespace talkbeat::scenario
