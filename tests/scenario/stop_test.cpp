// A running cluster and the scripts that look after it: stop, restart, status, and start a second time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenario/cluster.h"
#include "tests/scenario/figures.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

ClusterOptions nobody() {
  ClusterOptions options;
  options.users.clear();
  return options;
}

Outcome start_again(const Cluster& cluster, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"--port-base", std::to_string(cluster.port_base()), "--bin", programs()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return cluster.script("start.sh", arguments);
}

TEST(Scripts, a_second_start_says_that_it_runs_and_changes_nothing) {
  Cluster cluster(nobody());
  const pid_t before = cluster.pid("msg_server_0");
  const Outcome again = start_again(cluster);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("already running"));
  EXPECT_EQ(cluster.pid("msg_server_0"), before);

  const Outcome other_shape = start_again(cluster, {"--msg-servers", "3"});
  EXPECT_EQ(other_shape.exit_code, 1);
  EXPECT_THAT(other_shape.err, HasSubstr("another shape"));
  EXPECT_EQ(cluster.pid("msg_server_0"), before);
}

TEST(Scripts, start_brings_up_only_what_is_down) {
  Cluster cluster(nobody());
  const pid_t login_server = cluster.pid("login_server_0");
  const pid_t before = cluster.pid("msg_server_1");
  cluster.kill9("msg_server_1");
  EXPECT_EQ(cluster.script("status.sh").exit_code, 1);

  cluster.start();
  EXPECT_EQ(cluster.pid("login_server_0"), login_server);
  EXPECT_NE(cluster.pid("msg_server_1"), before);
  EXPECT_EQ(cluster.script("status.sh").exit_code, 0);
}

// After an upgrade, say, or a power cut.
TEST(Scripts, a_start_without_flags_brings_back_what_was_started_last) {
  ClusterOptions options = one_msg_server({"client.ip1=192.0.2.7"});
  options.users.clear();
  Cluster cluster(options);
  const std::string shape = contents(cluster.directory() / "cluster.conf");
  const std::string settings = contents(cluster.directory() / "cluster.set");
  EXPECT_EQ(cluster.script("stop.sh").exit_code, 0);
  const Outcome again = cluster.script("start.sh", {"--timeout", "60"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("login_server_0 msg_server_0 ("));
  EXPECT_EQ(contents(cluster.directory() / "cluster.conf"), shape);
  EXPECT_EQ(contents(cluster.directory() / "cluster.set"), settings);
  EXPECT_EQ(allocated_port(cluster), cluster.client_port("msg_server_0"));
}

TEST(Scripts, stop_ends_what_was_started_and_can_be_repeated) {
  Cluster cluster(nobody());
  const Outcome stopped = cluster.script("stop.sh");
  EXPECT_EQ(stopped.exit_code, 0);
  EXPECT_EQ(stopped.err, "");
  for (const char* name : {"login_server_0", "msg_server_0", "msg_server_1"}) {
    EXPECT_FALSE(cluster.running(name));
    EXPECT_FALSE(fs::exists(cluster.directory() / (std::string(name) + ".pid")));
  }
  EXPECT_TRUE(fs::exists(cluster.directory() / "cluster.key"));
  const Outcome again = cluster.script("stop.sh");
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("nothing runs"));
  EXPECT_EQ(cluster.script("status.sh").exit_code, 3);
}

// The pid of a server that has died may belong to anybody by now.
TEST(Scripts, stop_ends_only_what_it_started) {
  Cluster cluster(nobody());
  Program bystander({"sleep", "600"});
  cluster.kill9("msg_server_1");
  std::ofstream(cluster.directory() / "msg_server_1.pid") << bystander.pid() << "\n";
  EXPECT_EQ(cluster.script("stop.sh").exit_code, 0);
  EXPECT_FALSE(cluster.running("msg_server_0"));
  EXPECT_EQ(kill(bystander.pid(), 0), 0);
  EXPECT_THROW(bystander.wait(100ms), Unexpected) << "the bystander has ended";
}

TEST(Scripts, stop_kills_what_does_not_leave_in_time_and_says_so) {
  Cluster cluster(nobody());
  cluster.signal("msg_server_0", SIGSTOP);
  const Outcome stopped = cluster.script("stop.sh", {"--timeout", "2"});
  EXPECT_EQ(stopped.exit_code, 0);
  EXPECT_THAT(stopped.err, HasSubstr("msg_server_0"));
  EXPECT_THAT(stopped.err, HasSubstr("killed"));
  EXPECT_FALSE(cluster.running("msg_server_0"));
  EXPECT_FALSE(cluster.running("login_server_0"));
}

TEST(Scripts, restart_keeps_shape_settings_and_what_the_operator_edited) {
  ClusterOptions options = nobody();
  options.settings = {"log.level=debug"};
  Cluster cluster(options);
  const fs::path conf = cluster.directory() / "conf/msg_server.toml";
  std::ofstream(conf, std::ios::app) << "# the operator was here\n";
  for (const std::vector<std::string>& how : {std::vector<std::string>{}, {"--rolling"}}) {
    const pid_t before = cluster.pid("msg_server_1");
    const Outcome restarted = cluster.script("restart.sh", how);
    EXPECT_EQ(restarted.exit_code, 0) << restarted.err;
    EXPECT_NE(cluster.pid("msg_server_1"), before);
    EXPECT_EQ(cluster.script("status.sh").exit_code, 0);
  }
  EXPECT_THAT(contents(conf), HasSubstr("the operator was here"));
  EXPECT_THAT(contents("/proc/" + std::to_string(cluster.pid("msg_server_0")) + "/cmdline"),
              HasSubstr("log.level=debug"));
}

TEST(Scripts, restart_ends_nothing_where_a_server_would_refuse_its_settings) {
  Cluster cluster(nobody());
  const fs::path conf = cluster.directory() / "conf/msg_server.toml";
  std::ofstream(conf, std::ios::app) << "no_such_setting = 1\n";
  for (const std::vector<std::string>& how : {std::vector<std::string>{}, {"--rolling"}}) {
    const pid_t login_server = cluster.pid("login_server_0");
    const pid_t msg_server = cluster.pid("msg_server_0");
    const Outcome refused = cluster.script("restart.sh", how);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("no_such_setting"));
    EXPECT_EQ(lines_of(refused.err).size(), 1u) << refused.err;
    EXPECT_EQ(cluster.pid("login_server_0"), login_server);
    EXPECT_EQ(cluster.pid("msg_server_0"), msg_server);
  }
  EXPECT_EQ(cluster.script("status.sh").exit_code, 0);
}

TEST(Scripts, status_has_a_line_for_each_process) {
  Cluster cluster(nobody());
  const Outcome table = cluster.script("status.sh");
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_EQ(lines_of(table.out).size(), 4u) << table.out;
  EXPECT_THAT(table.out, HasSubstr("serving"));
  EXPECT_THAT(table.out, Not(HasSubstr("down")));

  cluster.kill9("msg_server_0");
  const Outcome json = cluster.script("status.sh", {"--json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_THAT(json.out, HasSubstr(R"("name":"msg_server_0","pid":null,"state":"down")"));
  EXPECT_THAT(json.out, HasSubstr("\"pid\":" + std::to_string(cluster.pid("msg_server_1"))));
}

TEST(Scripts, the_cluster_key_is_secret_and_64_digits) {
  Cluster cluster(nobody());
  const fs::path key = cluster.directory() / "cluster.key";
  EXPECT_EQ(fs::status(key).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::file_size(key), 64u);
}

}  // namespace
}  // namespace talkbeat::scenario
