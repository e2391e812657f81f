#include "tools/talkload/server_disturber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace talkbeat::load {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A directory in which msg_server_0.pid names a process of the test's own.
class ServerDisturberTest : public testing::Test {
 protected:
  ServerDisturberTest() {
    std::string pattern = testing::TempDir() + "disturber_XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    char name[] = "sleep";
    char time[] = "600";
    char* const arguments[] = {name, time, nullptr};
    EXPECT_EQ(::posix_spawnp(&process_, name, nullptr, nullptr, arguments, environ), 0);
    await_arguments();
    note(".pid", std::to_string(process_));
  }
  ~ServerDisturberTest() override {
    if (!ended()) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    fs::remove_all(dir_);
  }

  void note(const std::string& suffix, const std::string& text) const {
    std::ofstream(dir_ + "/msg_server_0" + suffix) << text << "\n";
  }
  // posix_spawn() may return a moment before the kernel tells them.
  void await_arguments() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::ifstream("/proc/" + std::to_string(process_) + "/cmdline").peek() == EOF) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  // When it began: field 22 of its stat file, whose second one, here, holds no blank.
  std::string began() const {
    std::ifstream in("/proc/" + std::to_string(process_) + "/stat");
    const std::vector<std::string> fields(std::istream_iterator<std::string>(in), {});
    return fields.at(21);
  }
  bool ended() {
    if (!reaped_) reaped_ = ::waitpid(process_, nullptr, WNOHANG) == process_;
    return reaped_;
  }
  ServerDisturber disturbed() const {
    LoadOptions options;
    options.dir = dir_;
    options.disturb_every_ms = 1'000;
    ServerDisturber disturber(options, 1);
    disturber.look(0, true);
    disturber.look(500, true);
    return disturber;
  }

  std::string dir_;
  pid_t process_ = -1;
  bool reaped_ = false;
};

TEST_F(ServerDisturberTest, another_process_that_got_the_pid_of_a_server_is_left_alone) {
  note(".start", "1");
  const ServerDisturber disturber = disturbed();
  EXPECT_EQ(disturber.disturbances(), 0U);
  EXPECT_THAT(disturber.failures(), ElementsAre(HasSubstr("msg_server_0 does not run")));
  EXPECT_FALSE(ended());
}

TEST_F(ServerDisturberTest, a_pid_of_which_nobody_knows_when_it_began_is_left_alone) {
  const ServerDisturber disturber = disturbed();
  EXPECT_EQ(disturber.disturbances(), 0U);
  EXPECT_THAT(disturber.failures(), ElementsAre(HasSubstr("msg_server_0 does not run")));
  EXPECT_FALSE(ended());
}

TEST_F(ServerDisturberTest, the_process_that_was_written_down_is_killed) {
  note(".start", began());
  const ServerDisturber disturber = disturbed();
  ASSERT_EQ(disturber.disturbances(), 1U);
  EXPECT_THAT(disturber.failures(), IsEmpty());
  int status = 0;
  ASSERT_EQ(::waitpid(process_, &status, 0), process_);
  reaped_ = true;
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

}  // namespace
}  // namespace talkbeat::load
