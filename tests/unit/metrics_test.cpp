#include "base/metrics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "base/process_figures.h"
#include "tests/unit/no_descriptors.h"

namespace talkbeat {
namespace {

struct StoppedClock final : Clock {
  Tick now() const override { return 0; }
  int64_t unix_seconds() const override { return 1'700'000'000; }
};

class MetricsTest : public testing::Test {
 protected:
  bool renders(const std::string& line) {
    return ("\n" + metrics_.render()).find("\n" + line + "\n") != std::string::npos;
  }

  StoppedClock clock_;
  Metrics metrics_{clock_};
};

TEST_F(MetricsTest, a_counter_is_rendered_with_help_and_type) {
  metrics_.counter("accepted_total", "Connections accepted.").add(3);
  EXPECT_TRUE(renders("# HELP accepted_total Connections accepted."));
  EXPECT_TRUE(renders("# TYPE accepted_total counter"));
  EXPECT_TRUE(renders("accepted_total 3"));
}

TEST_F(MetricsTest, asking_twice_gives_the_same_series) {
  metrics_.counter("closed_total", "Closed.", {{"reason", "idle"}}).add();
  metrics_.counter("closed_total", "Closed.", {{"reason", "idle"}}).add();
  metrics_.counter("closed_total", "Closed.", {{"reason", "reset"}}).add();
  EXPECT_TRUE(renders("closed_total{reason=\"idle\"} 2"));
  EXPECT_TRUE(renders("closed_total{reason=\"reset\"} 1"));
}

TEST_F(MetricsTest, counters_of_a_label_are_all_there_from_the_start) {
  constexpr std::array<std::string_view, 2> kReasons{"idle", "reset"};
  std::vector<Counter> closed = metrics_.counters("closed_total", "Closed.", "reason", kReasons);
  closed.at(1).add();
  EXPECT_TRUE(renders("closed_total{reason=\"idle\"} 0"));
  EXPECT_TRUE(renders("closed_total{reason=\"reset\"} 1"));
}

TEST_F(MetricsTest, gauges_and_histograms) {
  Gauge connections = metrics_.gauge("connections", "Open now.");
  metrics_.before_render([&] { connections.add(1); });
  connections.set(5);
  Histogram latency = metrics_.histogram("latency_seconds", "Latency.", {0.1, 1});
  latency.observe(0.5);
  EXPECT_TRUE(renders("connections 6"));
  EXPECT_TRUE(renders("latency_seconds_bucket{le=\"0.1\"} 0"));
  EXPECT_TRUE(renders("latency_seconds_bucket{le=\"1\"} 1"));
  EXPECT_TRUE(renders("latency_seconds_bucket{le=\"+Inf\"} 1"));
}

TEST_F(MetricsTest, a_handle_made_by_default_counts_nothing) {
  Counter counter;
  Gauge gauge;
  Histogram histogram;
  counter.add();
  gauge.set(1);
  gauge.add(1);
  histogram.observe(1);
  EXPECT_EQ(counter.value() + gauge.value(), 0);
}

TEST_F(MetricsTest, several_threads_count_exactly) {
  Counter counter = metrics_.counter("jobs_total", "Jobs.");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([counter]() mutable {
      for (int i = 0; i < 10'000; ++i) counter.add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000);
}

TEST_F(MetricsTest, the_process_is_there) {
  EXPECT_TRUE(renders("process_start_time_seconds 1700000000"));
  for (const char* name :
       {"process_resident_memory_bytes ", "process_open_fds ", "process_max_fds ", "process_cpu_seconds_total "}) {
    EXPECT_NE(metrics_.render().find(name), std::string::npos) << name;
  }
}

TEST(ProcessFigures, are_those_of_this_process) {
  ProcessReader reader;
  const ProcessFigures before = reader.read(0);
  EXPECT_GT(before.resident_bytes, 1 << 20);
  EXPECT_GT(before.max_descriptors, before.open_descriptors);
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const ProcessFigures after = reader.read(ProcessReader::kListEveryMs);
  close(fd);
  EXPECT_EQ(after.open_descriptors, before.open_descriptors + 1);
  EXPECT_GE(after.cpu_seconds, before.cpu_seconds);
}

TEST(ProcessFigures, descriptors_are_not_listed_where_the_kernel_says_their_number) {
  double number = 70'000;
  ProcessReader reader([&] { return number; });
  EXPECT_EQ(reader.read(0).open_descriptors, 70'000);
  number = 70'001;
  EXPECT_EQ(reader.read(0).open_descriptors, 70'001) << "at any time";
}

TEST(ProcessFigures, descriptors_are_listed_once_a_minute_where_it_does_not) {
  ProcessReader reader([] { return 0.0; });
  const double before = reader.read(5).open_descriptors;
  EXPECT_GT(before, 0);
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(reader.read(5 + ProcessReader::kListEveryMs - 1).open_descriptors, before);
  EXPECT_EQ(reader.read(5 + ProcessReader::kListEveryMs).open_descriptors, before + 1);
  close(fd);
}

TEST(ProcessFigures, are_there_also_when_no_descriptor_is_left) {
  ProcessReader listing([] { return 0.0; });
  ProcessReader reader;
  const NoDescriptors none;
  const ProcessFigures figures = reader.read(0);
  EXPECT_GT(figures.resident_bytes, 1 << 20);
  EXPECT_GT(figures.open_descriptors, 0);
  EXPECT_GT(figures.max_descriptors, 0);
  EXPECT_EQ(listing.read(0).open_descriptors, figures.max_descriptors);
}

}  // namespace
}  // namespace talkbeat
