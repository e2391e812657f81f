#include "tools/talkload/server_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace talkbeat::load {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// A directory of a cluster and a /proc, both written by the test. CPU time is in milliseconds.
class ServerProbeTest : public testing::Test {
 protected:
  ServerProbeTest() {
    std::string pattern = testing::TempDir() + "probe_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    fs::create_directories(dir());
    fs::create_directories(proc() + "/net");
    write(proc() + "/net/sockstat", "sockets: used 9\nTCP: inuse 5 orphan 0 tw 0 alloc 7 mem 3\nUDP: inuse 0 mem 8\n");
  }
  ~ServerProbeTest() override { fs::remove_all(root_); }

  std::string dir() const { return root_ + "/run"; }
  std::string proc() const { return root_ + "/proc"; }

  static void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

  void pid_file(const std::string& name, int pid) { write(dir() + "/" + name + ".pid", std::to_string(pid) + "\n"); }

  // A process of two threads, of which the first used `main_ms` and the other `other_ms`.
  void process(int pid, int main_ms, int other_ms, int rss_kib, int start = 500) {
    const std::string path = proc() + "/" + std::to_string(pid);
    const std::string fields = " (a ) name) S 1 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 2 0 " + std::to_string(start) + " 9 9";
    fs::create_directories(path + "/fd");
    for (const char* descriptor : {"0", "1", "2"}) write(path + "/fd/" + descriptor, "");
    write(path + "/stat", std::to_string(pid) + fields);
    write(path + "/status", "Name:\tx\nVmRSS:\t   " + std::to_string(rss_kib) + " kB\nThreads:\t2\n");
    thread(path, pid, main_ms);
    thread(path, pid + 1, other_ms);
  }

  static void thread(const std::string& path, int tid, int ms) {
    const std::string task = path + "/task/" + std::to_string(tid);
    fs::create_directories(task);
    write(task + "/schedstat", std::to_string(ms) + "000000 5 5\n");
    write(task + "/status", "voluntary_ctxt_switches:\t10\nnonvoluntary_ctxt_switches:\t3\n");
  }

  std::string root_;
};

TEST_F(ServerProbeTest, finds_the_servers_that_run_in_their_order) {
  for (const auto& [name, pid] : {std::pair{"msg_server_10", 100}, {"msg_server_2", 200}, {"login_server_0", 300}}) {
    pid_file(name, pid);
    process(pid, 0, 0, 1);
  }
  pid_file("msg_server_3", 400);
  pid_file("something_else_0", 100);
  const auto probe = ServerProbe::find(dir(), proc());
  ASSERT_TRUE(probe.ok());
  EXPECT_THAT(probe.value().pids(), ElementsAre(300, 200, 100)) << "no process has the pid 400";
}

TEST_F(ServerProbeTest, another_process_that_got_the_pid_is_no_server) {
  pid_file("msg_server_0", 100);
  write(dir() + "/msg_server_0.start", "499\n");
  process(100, 0, 0, 1, 500);
  const auto probe = ServerProbe::find(dir(), proc());
  ASSERT_FALSE(probe.ok());
  EXPECT_THAT(probe.message(), HasSubstr("no server runs in " + dir()));
}

TEST_F(ServerProbeTest, tells_what_was_used_between_two_times) {
  pid_file("msg_server_0", 100);
  process(100, 1000, 500, 2000);
  auto probe = ServerProbe::find(dir(), proc());
  ASSERT_TRUE(probe.ok());
  probe.value().sample(0);
  process(100, 1400, 600, 3000);
  probe.value().sample(1);
  process(100, 2000, 1000, 2500);
  probe.value().sample(3);
  const auto use = probe.value().use(0.9, 3.2);
  ASSERT_EQ(use.size(), 1U);
  EXPECT_DOUBLE_EQ(use[0].seconds, 2);
  EXPECT_DOUBLE_EQ(use[0].cpu_s, 1.0);
  EXPECT_DOUBLE_EQ(use[0].main_thread_s, 0.6);
  EXPECT_EQ(use[0].rss_bytes, 2500U * 1024);
  EXPECT_EQ(use[0].rss_growth, 500 * 1024);
  EXPECT_EQ(use[0].peak_rss_bytes, 3000U * 1024);
  EXPECT_EQ(use[0].threads, 2U);
  EXPECT_EQ(use[0].descriptors, 3U);
  EXPECT_EQ(probe.value().servers()[0].samples[0].voluntary_switches, 20U);
  EXPECT_EQ(probe.value().servers()[0].samples[0].involuntary_switches, 6U);
}

TEST_F(ServerProbeTest, a_server_that_is_started_again_goes_on_from_where_it_was) {
  pid_file("msg_server_0", 100);
  process(100, 1000, 0, 2000);
  auto probe = ServerProbe::find(dir(), proc());
  ASSERT_TRUE(probe.ok());
  probe.value().sample(0);
  fs::remove_all(proc() + "/100");
  probe.value().sample(1);
  EXPECT_TRUE(probe.value().servers()[0].ended);
  pid_file("msg_server_0", 200);
  process(200, 300, 0, 1000);
  probe.value().sample(2);
  const auto use = probe.value().use(0, 2);
  EXPECT_FALSE(use[0].ended);
  EXPECT_TRUE(use[0].restarted);
  EXPECT_EQ(use[0].pid, 200);
  EXPECT_DOUBLE_EQ(use[0].cpu_s, 0.3);
  EXPECT_EQ(probe.value().servers()[0].samples.size(), 2U);
}

TEST_F(ServerProbeTest, reads_what_the_sockets_take) {
  pid_file("msg_server_0", 100);
  process(100, 0, 0, 1);
  auto probe = ServerProbe::find(dir(), proc());
  ASSERT_TRUE(probe.ok());
  probe.value().sample(1);
  ASSERT_EQ(probe.value().sockets().size(), 1U);
  EXPECT_EQ(probe.value().sockets()[0].tcp_sockets, 7U);
  EXPECT_EQ(probe.value().sockets()[0].tcp_bytes, 3U * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_F(ServerProbeTest, a_long_run_takes_no_more_memory) {
  pid_file("msg_server_0", 100);
  process(100, 0, 0, 1);
  auto probe = ServerProbe::find(dir(), proc());
  ASSERT_TRUE(probe.ok());
  constexpr int kSamples = 3000;
  for (int i = 0; i < kSamples; ++i) probe.value().sample(i);
  const auto& samples = probe.value().servers()[0].samples;
  EXPECT_LE(samples.size(), 1200U);
  EXPECT_EQ(samples.front().at_s, 0);
  EXPECT_EQ(samples.back().at_s, kSamples - 1);
}

TEST_F(ServerProbeTest, sums_up) {
  ServerUse one;
  one.cpu_s = 1;
  one.rss_bytes = 10;
  one.syscalls = {{"read", 2}};
  const ServerUse all = sum({one, one});
  EXPECT_EQ(all.cpu_s, 2);
  EXPECT_EQ(all.rss_bytes, 20U);
  EXPECT_EQ(all.syscalls.at("read"), 4U);
  EXPECT_EQ(cpu_s_per_million(2, 500'000), 4);
  EXPECT_EQ(cpu_s_per_million(2, 0), 0);
}

TEST(ProcFiles, this_process_is_seen_as_it_is) {
  const auto sample = read_process("/proc", ::getpid());
  ASSERT_TRUE(sample.has_value());
  EXPECT_GT(sample->cpu_s, 0);
  EXPECT_GE(sample->cpu_s, sample->main_thread_s);
  EXPECT_GT(sample->rss_bytes, 100'000U);
  EXPECT_GE(sample->threads, 1U);
  EXPECT_GE(sample->descriptors, 3U);
  EXPECT_GT(sample->voluntary_switches + sample->involuntary_switches, 0U);
}

}  // namespace
}  // namespace talkbeat::load
