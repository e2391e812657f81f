// What tools/start.sh promises where it cannot start: one line that says why, and nothing left running.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Processes that have the directory in their command line.
std::vector<std::string> processes_of(const fs::path& directory) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string command_line = contents(entry.path() / "cmdline");
    if (command_line.find("--config") != std::string::npos && command_line.find(directory) != std::string::npos) {
      found.push_back(command_line);
    }
  }
  return found;
}

class Start : public testing::Test {
 protected:
  // Where a test fails because something did start, it must not stay.
  ~Start() override { run({source_directory() / "tools/stop.sh", "--dir", directory_, "--now"}); }

  std::vector<std::string> command(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{
        source_directory() / "tools/start.sh", "--dir",     directory_, "--bin", programs(), "--port-base",
        std::to_string(ports_.base()),         "--timeout", "60"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  void expect_refusal(const Outcome& outcome, const std::string& why) {
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(lines_of(outcome.err), SizeIs(1)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(processes_of(scratch_.path()), IsEmpty());
    EXPECT_FALSE(fs::exists(directory_ / "msg_server_0.pid"));
    EXPECT_FALSE(fs::exists(directory_ / "login_server_0.pid"));
  }

  ScratchDirectory scratch_;
  PortBlock ports_;
  fs::path directory_ = scratch_.path() / "run";
};

TEST_F(Start, on_a_taken_client_port_says_so_and_leaves_nothing_running) {
  const TakenPort taken(ports_.base() + 210);
  expect_refusal(run(command()), "port " + std::to_string(ports_.base() + 210));
}

TEST_F(Start, on_a_taken_login_server_port_says_so_and_leaves_nothing_running) {
  const TakenPort taken(ports_.base() + 80);
  expect_refusal(run(command()), "port " + std::to_string(ports_.base() + 80));
}

TEST_F(Start, with_a_broken_configuration_names_file_and_line) {
  fs::create_directories(directory_ / "conf");
  std::ofstream(directory_ / "conf/msg_server.toml") << "[client]\nmax_connections = \"many\"\n";
  expect_refusal(run(command()), "conf/msg_server.toml:2: ");
}

TEST_F(Start, with_a_configuration_that_is_not_toml_names_file_and_line) {
  fs::create_directories(directory_ / "conf");
  std::ofstream(directory_ / "conf/login_server.toml") << "\n\n[client\n";
  expect_refusal(run(command()), "conf/login_server.toml:3");
}

TEST_F(Start, with_a_setting_that_no_server_has_names_it) {
  expect_refusal(run(command({"--set", "client.colour=blue"})), "client.colour");
}

TEST_F(Start, with_a_value_that_is_not_allowed_names_it) {
  expect_refusal(run(command({"--set", "log.level=loud"})), "log.level");
}

TEST_F(Start, without_the_programs_says_how_to_build_them) {
  expect_refusal(run(command({"--bin", scratch_.path()})), "make build");
}

TEST_F(Start, where_no_file_can_be_written_says_so_and_leaves_nothing_running) {
  std::vector<std::string> limited{"bash", "-c", "ulimit -f 0; exec \"$@\"", "bash"};
  const auto start = command();
  limited.insert(limited.end(), start.begin(), start.end());
  expect_refusal(run(limited), "cannot be written");
}

// A file system of 1 MiB in a mount namespace of its own, which goes when the script ends. Where the machine allows no
// mount (a container, say), /dev/full's error stands in for it: a key that cannot be written.
TEST_F(Start, without_disk_space_says_so_and_leaves_nothing_running) {
  fs::create_directories(directory_);
  std::vector<std::string> small{"unshare", "-rm", "bash", "-c", "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"",
                                 directory_};
  if (run({"unshare", "-rm", "mount", "-t", "tmpfs", "none", directory_}).exit_code != 0) {
    fs::create_symlink("/dev/full", directory_ / "log");
    expect_refusal(run(command()), "log");
    return;
  }
  const auto start = command();
  small.insert(small.end(), start.begin(), start.end());
  expect_refusal(run(small), "no disk space");
}

TEST_F(Start, with_a_wrong_flag_teaches_and_exits_with_2) {
  for (const auto& wrong :
       {std::vector<std::string>{"--bogus"}, {"--msg-servers", "0"}, {"--port-base", "x"}, {"--set", "a"}}) {
    const Outcome outcome = run(command(wrong));
    EXPECT_EQ(outcome.exit_code, 2) << wrong.front();
    EXPECT_THAT(outcome.err, HasSubstr(wrong.front()));
    EXPECT_THAT(lines_of(outcome.err), SizeIs(1));
  }
}

TEST_F(Start, and_each_of_the_other_scripts_has_help) {
  for (const char* script : {"start.sh", "stop.sh", "restart.sh", "status.sh", "demo.sh", "deps.sh"}) {
    const Outcome outcome = run({source_directory() / "tools" / script, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << script;
    EXPECT_THAT(outcome.out, HasSubstr("Usage: tools/" + std::string(script)));
  }
}

}  // namespace
}  // namespace talkbeat::scenario
