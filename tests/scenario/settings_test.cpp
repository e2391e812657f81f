// Settings while running (SIGHUP), and mistakes on the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void replace_in_file(const std::filesystem::path& path, const std::string& from, const std::string& to) {
  std::string text = contents(path);
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  std::ofstream(path) << text.replace(at, from.size(), to);
}

void await_line(const Cluster& cluster, const std::string& server, const std::string& part) {
  wait_until("'" + part + "' in the log", [&] { return cluster.log_of(server).find(part) != std::string::npos; });
}

TEST(Settings, a_changed_log_level_counts_at_sighup_and_is_logged) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.users.clear();
  options.settings = {"cluster.reconnect_first=50ms", "cluster.reconnect_max=100ms"};
  Cluster cluster(options);
  cluster.kill9("login_server_0");  // from now on, connecting to it fails: a line of level debug
  await_line(cluster, "msg_server_0", "login_server_lost");
  const auto conf = cluster.directory() / "conf/msg_server.toml";
  replace_in_file(conf, "level = \"info\"", "level = \"debug\"");
  std::this_thread::sleep_for(300ms);
  EXPECT_THAT(cluster.log_of("msg_server_0"), Not(HasSubstr("connect_failed")));
  cluster.signal("msg_server_0", SIGHUP);
  await_line(cluster, "msg_server_0", "setting_changed key=log.level");
  await_line(cluster, "msg_server_0", "connect_failed");

  // A mistake anywhere in the file: nothing of it counts.
  replace_in_file(conf, "level = \"debug\"", "level = \"error\"");
  replace_in_file(conf, "[client]", "[client]\nno_such_setting = 1");
  cluster.signal("msg_server_0", SIGHUP);
  await_line(cluster, "msg_server_0", "reload_failed");
  EXPECT_THAT(cluster.log_of("msg_server_0"), HasSubstr("no_such_setting"));
  const size_t so_far = cluster.log_of("msg_server_0").size();
  wait_until("debug lines go on",
             [&] { return cluster.log_of("msg_server_0").find("connect_failed", so_far) != std::string::npos; });
  replace_in_file(conf, "no_such_setting = 1", "[[[");
  cluster.signal("msg_server_0", SIGHUP);
  wait_until("that is said again",
             [&] { return cluster.log_of("msg_server_0").find("reload_failed", so_far) != std::string::npos; });

  // Both ends of a change are told: from the new level on, nothing else is.
  replace_in_file(conf, "[[[", "");
  cluster.signal("msg_server_0", SIGHUP);
  await_line(cluster, "msg_server_0", "to=\"\\\"error\\\"\"");
  EXPECT_EQ(cluster.get("msg_server_0", "/healthz").status, 200);
}

TEST(Settings, login_server_reads_its_file_again_at_sighup) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.users.clear();
  Cluster cluster(options);
  const auto conf = cluster.directory() / "conf/login_server.toml";
  replace_in_file(conf, "discovery = \"\"", "discovery = \"http://192.0.2.1/\"");
  cluster.signal("login_server_0", SIGHUP);
  await_line(cluster, "login_server_0", "setting_changed key=client.discovery");
  EXPECT_THAT(cluster.get("login_server_0", "/msg_server").body, HasSubstr("http://192.0.2.1/"));

  replace_in_file(conf, "discovery = ", "discover = ");
  cluster.signal("login_server_0", SIGHUP);
  await_line(cluster, "login_server_0", "reload_failed");
  EXPECT_THAT(cluster.get("login_server_0", "/msg_server").body, HasSubstr("http://192.0.2.1/"));
}

TEST(Settings, misuse_of_the_command_line_is_one_line_and_exit_code_2) {
  ScratchDirectory directory;
  const auto file = directory.path() / "wrong.toml";
  const auto no_toml = directory.path() / "broken.toml";
  std::ofstream(file) << "[client]\nlisten = 17\n";
  std::ofstream(no_toml) << "[[[\n";
  struct Misuse {
    std::vector<std::string> arguments;
    std::string said;
  };
  const std::vector<Misuse> all{
      {{"--nonsense"}, "--nonsense"},
      {{"unexpected"}, "unexpected"},
      {{"--config"}, "--config"},
      {{"--set", "client.nonsense=1"}, "client.nonsense"},
      {{"--set", "nonsense"}, "nonsense"},
      {{"--set", "client.listen=banana"}, "client.listen"},
      {{"--set", "client.max_connections=-1"}, "client.max_connections"},
      {{"--set", "log.level=loud"}, "log.level"},
      {{"--set", "cluster.silence_timeout=3"}, "cluster.silence_timeout"},
      {{"--config", "/nonexistent/no.toml"}, "/nonexistent/no.toml"},
      {{"--config", file}, "wrong.toml:2"},
      {{"--config", no_toml}, "broken.toml:1"},
  };
  for (const std::string program : {"login_server", "msg_server"}) {
    for (const Misuse& misuse : all) {
      std::vector<std::string> command{programs() / program};
      command.insert(command.end(), misuse.arguments.begin(), misuse.arguments.end());
      const Outcome outcome = run(command);
      EXPECT_EQ(outcome.exit_code, 2) << program << " " << misuse.said;
      EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
      EXPECT_THAT(outcome.err, StartsWith(program + ": "));
      EXPECT_THAT(outcome.err, HasSubstr(misuse.said));
      EXPECT_EQ(outcome.out, "");
    }
  }
}

}  // namespace
}  // namespace talkbeat::scenario
