#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/keepalive.h"

namespace talkbeat {

struct KeepaliveNode : LivenessNode {
  explicit KeepaliveNode(char letter) : name(letter) {}
  char name;
};

/// Notes what was decided; closing takes the node out, as a connection does.
struct KeepaliveDecisions final : LivenessActions {
  void send_heartbeat(LivenessNode& node) override {
    ++visits;
    text += std::string("beat:") + static_cast<KeepaliveNode&>(node).name + " ";
  }
  void close_dead(LivenessNode& node, CloseReason reason) override {
    ++visits;
    text += std::string(to_string(reason)) + ":" + static_cast<KeepaliveNode&>(node).name + " ";
    node.liveness()->leave(node);
  }
  void tell_to_leave(LivenessNode& node, CloseReason reason) override {
    ++visits;
    text += std::string("leave_") + to_string(reason) + ":" + static_cast<KeepaliveNode&>(node).name + " ";
  }
  std::string take() { return std::exchange(text, {}); }

  std::string text;
  int visits = 0;
};

class KeepaliveTest : public ::testing::Test {
 protected:
  std::string check_at(Liveness& liveness, Tick at) {
    now = at;
    liveness.check(now, decisions);
    return decisions.take();
  }

  Tick now = 0;
  KeepaliveDecisions decisions;
  KeepaliveNode a{'a'};
  KeepaliveNode b{'b'};
  KeepaliveNode c{'c'};
};

}  // namespace talkbeat
