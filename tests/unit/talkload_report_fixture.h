#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tools/talkload/run_report.h"

namespace talkbeat::load {

/// A run of ten seconds, two load processes and two servers (this process twice), as the parent would have it at the
/// end.
class ReportFixture : public testing::Test {
 protected:
  ReportFixture() {
    run_.scenario = "chat";
    run_.command_line = "talkload chat --dir run --pairs 2";
    run_.options = {{"--pairs", "2"}, {"--name", "<b>\"&'"}};
    run_.version = "0.1.0";
    run_.started_utc = "2026-01-31T14:07:00Z";
    run_.machine = {.cores = 2, .cpu = "A <fast> & good one", .kernel = "Linux 6", .memory_gib = 23.5};
    outcome_.meaning = "every message arrived once and in order";
    for (int second = 1; second <= 10; ++second) {
      for (size_t process = 0; process < 2; ++process) figures_.add(process, sample(second));
    }
    use_ = {use("login_server_0", 0.5), use("msg_server_0", 4.5)};
  }

  static Sample sample(int second) {
    Sample result;
    result.at_s = second;
    result.totals.connections = 4;
    result.totals.delivered = static_cast<uint64_t>(second) * 25'000;
    for (uint64_t i = 1; i <= 100; ++i) result.latency.record(i * i * 10'000);
    return result;
  }

  static ServerUse use(const std::string& name, double cpu_s) {
    ServerUse result;
    result.name = name;
    result.seconds = 8;
    result.cpu_s = cpu_s;
    result.rss_bytes = 8 << 20;
    result.rss_growth = 8 * 700;
    return result;
  }

  RunReport report() { return {.run = run_, .outcome = outcome_, .figures = figures_}; }

  RunReport report_with_servers() {
    RunReport all = report();
    all.servers = &probe();
    all.use = use_;
    all.load_cpu_s = 2;
    return all;
  }

  // Of a directory whose pid files all name this process.
  const ServerProbe& probe() {
    std::string dir = testing::TempDir() + "report_XXXXXX";
    EXPECT_NE(::mkdtemp(dir.data()), nullptr);
    for (int i = 0; i < servers_; ++i) {
      std::ofstream(dir + "/msg_server_" + std::to_string(i) + ".pid") << ::getpid() << "\n";
    }
    probe_.push_back(ServerProbe::find(dir));
    for (int second = 0; second <= 10; ++second) probe_.back().value().sample(second);
    std::filesystem::remove_all(dir);
    return probe_.back().value();
  }

  int servers_ = 2;
  RunDescription run_;
  Outcome outcome_;
  RunFigures figures_{2, {.begin_s = 1, .end_s = 9}};
  std::vector<ServerUse> use_;

 private:
  std::vector<Result<ServerProbe>> probe_;
};

}  // namespace talkbeat::load
