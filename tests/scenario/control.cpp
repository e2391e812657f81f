#include "tests/scenario/control.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace talkbeat::scenario {
namespace {

constexpr milliseconds kMedian = 500ms;
constexpr milliseconds kNearlyAll = 5s;

}  // namespace

ClusterOptions with_control(std::vector<std::string> settings) {
  ClusterOptions options;
  options.msg_servers = 1;
  options.settings = std::move(settings);
  options.users = {"alice", "bob", kControlSender, kControlReceiver};
  return options;
}

Control::Control(const Cluster& cluster, const std::string& server)
    : sender_(cluster.client_port(server)), receiver_(cluster.client_port(server)) {
  sender_.log_in(kControlSender);
  receiver_.log_in(kControlReceiver);
  // Not measured: whatever the server does for the first time only, it has done before the test begins.
  sender_.tell(receiver_.user_id(), "first");
  receiver_.expect<IM::Message::IMMsgData>();
  thread_ = std::thread([this] { measure(); });
}

Control::~Control() {
  end();
}

void Control::end() {
  ending_ = true;
  if (thread_.joinable()) thread_.join();
}

void Control::measure() {
  try {
    while (!ending_) {
      const auto begin = std::chrono::steady_clock::now();
      const std::string text = "control " + std::to_string(times_.size());
      sender_.tell(receiver_.user_id(), text);
      const auto heard = receiver_.expect<IM::Message::IMMsgData>();
      if (heard.msg_data() != text) throw Unexpected("'" + heard.msg_data() + "' came instead of '" + text + "'");
      times_.push_back(std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - begin));
      std::this_thread::sleep_for(20ms);  // below the rate limit
    }
  } catch (const Unexpected& unexpected) {
    fault_ = unexpected.what();
  }
}

void Control::expect_unharmed() {
  end();
  EXPECT_EQ(fault_, "");
  ASSERT_FALSE(times_.empty());
  std::sort(times_.begin(), times_.end());
  EXPECT_LE(times_[times_.size() / 2], kMedian);
  EXPECT_LE(times_[times_.size() * 99 / 100], kNearlyAll);
}

}  // namespace talkbeat::scenario
