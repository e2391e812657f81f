// KEEPALIVE: the cable between msg_servers and their login_server (N1, N2). Both ends notice, and come back by
// themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/scenario/figures.h"
#include "tests/scenario/full.h"
#include "tests/scenario/machine_watch.h"
#include "tests/scenario/network.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr milliseconds kMargin = 5s;
// N1's, where the timeouts are those of the row; what the machine takes is not counted.
const milliseconds kSilenceMargin = in_full<milliseconds>(kMargin, 1s);
constexpr uint16_t kForServers = 9100;
constexpr uint16_t kHttp = 9080;

using Settings = std::vector<std::string>;

// A login_server on another machine. Ended in the destructor, which says where that did not go well.
class RemoteLoginServer {
 public:
  RemoteLoginServer(const RemoteHost& host, const std::filesystem::path& key_file, const Settings& settings)
      : host_(host) {
    Settings command{programs() / "login_server"};
    Settings all{"server.name=far_login_server", "client.listen=0.0.0.0:9008",
                 "client.http_listen=127.0.0.1:" + std::to_string(kHttp),
                 "cluster.listen=" + host.address() + ":" + std::to_string(kForServers),
                 "cluster.key_file=" + key_file.string()};
    all.insert(all.end(), settings.begin(), settings.end());
    for (const std::string& setting : all) command.insert(command.end(), {"--set", setting});
    host_.inside([&] { program_.emplace(command); });
    wait_until(
        "the far login_server serves", [&] { return get("/healthz").status == 200; }, 3 * kPatience);
  }
  ~RemoteLoginServer() {
    kill(program_->pid(), SIGTERM);
    const Outcome outcome = program_->wait();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("ERROR: ")));
  }

  HttpAnswer get(const std::string& path) const {
    return host_.inside([&] { return http_get(kHttp, path); });
  }
  size_t users_online() const { return page().at("users_online").get<size_t>(); }
  size_t registered_servers() const { return page().at("servers").size(); }
  // Links that it has closed for that reason.
  size_t closings(const std::string& reason) const { return closings_in(get("/metrics").body, "server_link")[reason]; }

 private:
  nlohmann::json page() const { return nlohmann::json::parse(get("/api/cluster").body); }

  const RemoteHost& host_;
  std::optional<Program> program_;
};

// Two msg_servers here whose only login_server is far away, with somebody online on each.
struct Divided {
  explicit Divided(const Settings& timeouts)
      : login(far, key_file(), timeouts),
        cluster(options(timeouts)),
        alice(cluster.client_port("msg_server_0")),
        bob(cluster.client_port("msg_server_1")) {
    alice.log_in("alice");
    bob.log_in("bob");
    await_online(alice, bob.user_id());
    await_online(bob, alice.user_id());
  }

  std::filesystem::path key_file() {
    const auto path = scratch.path() / "cluster.key";
    if (std::filesystem::exists(path)) return path;
    std::ofstream(path) << std::string(64, 'a');
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    return path;
  }
  ClusterOptions options(const Settings& timeouts) {
    ClusterOptions all;
    all.settings = timeouts;
    all.settings.insert(all.settings.end(),
                        {"cluster.login_servers=" + far.address() + ":" + std::to_string(kForServers),
                         "cluster.key_file=" + key_file().string(), "cluster.connect_timeout=1s",
                         "cluster.reconnect_first=50ms", "cluster.reconnect_max=500ms"});
    return all;
  }
  // All is as it was before, and nobody has been disconnected.
  void expect_whole(const Closings& clients) {
    wait_until("both servers and both users are known", [&] {
      return login.registered_servers() == 2 && login.users_online() == 2 &&
             cluster.get("msg_server_0", "/readyz").status == 200 &&
             cluster.get("msg_server_1", "/readyz").status == 200;
    });
    await_online(alice, bob.user_id());
    const size_t known = bob.waiting<IM::Message::IMMsgData>();
    alice.tell(bob.user_id(), "after");
    wait_until("it is heard", [&] {
      bob.sync();
      return bob.waiting<IM::Message::IMMsgData>() > known;
    });
    EXPECT_THAT(clients.so_far(), IsEmpty());
  }
  // Of all that bob was told.
  std::vector<std::string> heard_by_bob() {
    std::vector<std::string> texts;
    bob.sync();
    while (bob.waiting<IM::Message::IMMsgData>() > 0) {
      texts.push_back(bob.expect<IM::Message::IMMsgData>().msg_data());
    }
    return texts;
  }

  Network network;
  RemoteHost far{network};
  ScratchDirectory scratch;
  RemoteLoginServer login;
  Cluster cluster;
  WireClient alice;
  WireClient bob;
};

// Pulls the cable; both ends have to call it `reason`, not before `timeout` and not later after it than `margin`.
void expect_both_ends_notice(Divided& divided, const std::string& reason, milliseconds timeout, milliseconds margin,
                             milliseconds sent_before) {
  const Closings clients(divided.cluster, "msg_server_0");
  const Closings links(divided.cluster, "msg_server_0", "server_link");
  const Closings other_links(divided.cluster, "msg_server_1", "server_link");
  const MachineWatch machine(divided.cluster.directory(), divided.cluster.pid("msg_server_0"));
  divided.far.unplug();
  const auto unplugged = steady_clock::now();
  const FairTime time(machine);
  divided.alice.tell(divided.bob.user_id(), "during");
  wait_until(
      "both ends have noticed",
      [&] {
        return links.so_far(reason) == 1 && other_links.so_far(reason) == 1 && divided.login.closings(reason) == 2;
      },
      timeout + kPatience);
  EXPECT_LE(time.taken(), timeout + margin);
  EXPECT_GE(steady_clock::now() - unplugged, timeout - sent_before);
  EXPECT_EQ(links.so_far().size(), 1u);
  EXPECT_EQ(divided.login.registered_servers(), 0u);
  EXPECT_EQ(divided.login.users_online(), 0u);
  EXPECT_EQ(divided.cluster.get("msg_server_0", "/readyz").status, 503);

  divided.far.plug_in();
  divided.expect_whole(clients);
  EXPECT_THAT(divided.heard_by_bob(), testing::UnorderedElementsAre("during", "after"));
}

TEST(N1, an_unplugged_link_is_silent_for_both_ends_and_comes_back) {
  const milliseconds timeout = in_full<milliseconds>(3s, 30s);
  Divided divided({"cluster.heartbeat_interval=500ms",
                   "cluster.silence_timeout=" + std::to_string(timeout.count()) + "ms", "tcp.server_user_timeout=2m"});
  expect_both_ends_notice(divided, "silent", timeout, kSilenceMargin, 600ms);
}

TEST(N2, an_unplugged_link_with_data_in_flight_is_closed_by_tcp_user_timeout) {
  Divided divided({"cluster.heartbeat_interval=500ms", "cluster.silence_timeout=1m", "tcp.server_user_timeout=2s"});
  expect_both_ends_notice(divided, "unacknowledged", 2s, kMargin, 100ms);
}

}  // namespace
}  // namespace talkbeat::scenario
