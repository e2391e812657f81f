#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/talkload/syscall_count.h"

namespace talkbeat::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(SyscallCount, reads_what_perf_trace_prints_of_each_thread) {
  constexpr std::string_view kText = R"(
 Summary of events:

 msg_server (4711), 58 events, 90.6%

   syscall            calls  errors  total       min       avg       max       stddev
                                     (msec)    (msec)    (msec)    (msec)        (%)
   --------------- --------  ------ -------- --------- --------- ---------     ------
   recvfrom             800      3     0.093     0.004     0.012     0.033     30.46%
   epoll_wait            30      0     0.045     0.013     0.015     0.023     20.98%

 store (4712), 20 events, 9.4%

   syscall            calls  errors  total       min       avg       max       stddev
   --------------- --------  ------ -------- --------- --------- ---------     ------
   fdatasync             10      0     0.045     0.013     0.015     0.023     20.98%
   epoll_wait             5      0     0.045     0.013     0.015     0.023     20.98%
)";
  EXPECT_THAT(parse_perf_trace(kText),
              ElementsAre(Pair("epoll_wait", 35), Pair("fdatasync", 10), Pair("recvfrom", 800)));
}

TEST(SyscallCount, reads_what_strace_prints) {
  constexpr std::string_view kText = R"(% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000300           3       100        12 recvfrom
 40.00    0.000200           2        99           epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.000500           2       199        12 total
)";
  EXPECT_THAT(parse_strace(kText), ElementsAre(Pair("epoll_wait", 99), Pair("recvfrom", 100)));
}

TEST(SyscallCount, what_is_no_table_gives_nothing) {
  for (const char* text : {"", "perf: no such process 12 13 14\n", "a b c d e f\n"}) {
    EXPECT_THAT(parse_perf_trace(text), IsEmpty()) << text;
    EXPECT_THAT(parse_strace(text), IsEmpty()) << text;
  }
}

TEST(SyscallCount, a_process_that_is_not_there_is_named_as_the_reason) {
  constexpr pid_t kNone = 2'000'000'000;
  const auto count = SyscallCount::start({kNone});
  ASSERT_FALSE(count.ok());
  EXPECT_THAT(count.message(), testing::HasSubstr("cannot count system calls (perf trace: "));
}

}  // namespace
}  // namespace talkbeat::load
