#include "base/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "tests/unit/no_descriptors.h"

namespace talkbeat {
namespace {

/// Listens where systemd would.
class ServiceManagerTest : public testing::Test {
 protected:
  ServiceManagerTest() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    for (const char* name : {"WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  ~ServiceManagerTest() override {
    ::close(fd_);
    if (!path_.empty()) ::unlink(path_.c_str());
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }

  void listen_at(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    if (name[0] != '@') path_ = name;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0) << std::strerror(errno);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  /// The next message; empty where there is none.
  std::string heard() const {
    std::array<char, 512> text{};
    const ssize_t size = ::recv(fd_, text.data(), text.size(), 0);
    return size < 0 ? "" : std::string(text.data(), static_cast<size_t>(size));
  }
  void pass(Tick ms) {
    timers_.move_to(timers_.now() + ms);
    timers_.run_due();
  }

  int fd_;
  std::string path_;
  TimerList timers_{0};
};

TEST_F(ServiceManagerTest, is_told_when_the_server_serves_and_when_it_leaves) {
  listen_at(testing::TempDir() + "notify." + std::to_string(::getpid()));
  ServiceManager manager(timers_);
  EXPECT_EQ(heard(), "");
  manager.ready("serving");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=serving");
  manager.stopping("draining", 30'000);
  EXPECT_EQ(heard(), "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=30000000");
  pass(3'600'000);
  EXPECT_EQ(heard(), "") << "nobody asked for a watchdog";
}

TEST_F(ServiceManagerTest, may_have_an_abstract_socket) {
  listen_at("@talkbeat-notify-" + std::to_string(::getpid()));
  ServiceManager(timers_).ready("serving");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=serving");
}

TEST_F(ServiceManagerTest, that_watches_hears_from_a_serving_loop_three_times_in_its_timeout) {
  listen_at(testing::TempDir() + "notify." + std::to_string(::getpid()));
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  ServiceManager manager(timers_);
  pass(60'000);
  EXPECT_EQ(heard(), "") << "it does not serve yet";
  manager.ready("serving");
  (void)heard();
  pass(19'999);
  EXPECT_EQ(heard(), "");
  pass(1);
  EXPECT_EQ(heard(), "WATCHDOG=1");
  pass(20'000);
  EXPECT_EQ(heard(), "WATCHDOG=1");
  pass(20'000);
  EXPECT_EQ(heard(), "WATCHDOG=1");
}

TEST_F(ServiceManagerTest, hears_also_from_a_server_that_has_no_descriptor_left) {
  listen_at(testing::TempDir() + "notify." + std::to_string(::getpid()));
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  ServiceManager manager(timers_);
  const NoDescriptors none;
  manager.ready("serving");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=serving");
  pass(20'000);
  EXPECT_EQ(heard(), "WATCHDOG=1");
}

TEST_F(ServiceManagerTest, that_watches_another_process_hears_no_beat) {
  listen_at(testing::TempDir() + "notify." + std::to_string(::getpid()));
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  ServiceManager manager(timers_);
  manager.ready("serving");
  (void)heard();
  pass(60'000);
  EXPECT_EQ(heard(), "");
}

TEST_F(ServiceManagerTest, that_is_not_there_or_no_socket_is_no_trouble) {
  for (const std::string& name : {std::string(), std::string("/nowhere/notify"), std::string("relative"),
                                  std::string("@"), "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "-7 minutes", 1);
    ServiceManager manager(timers_);
    manager.ready("serving");
    manager.stopping("leaving", 1);
    pass(1'000);
    EXPECT_EQ(::getenv("NOTIFY_SOCKET"), nullptr) << "what the server starts is not to speak for it";
  }
}

}  // namespace
}  // namespace talkbeat
