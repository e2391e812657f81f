#pragma once

#include <memory>

#include "msg_server/push/push_finder.h"
#include "msg_server/push/push_sender.h"

namespace talkbeat {

/// Tells the push gateway of messages for users who are not online, where one is configured: else it does nothing. What
/// waits for the gateway is in memory only: a push is a hint that may get lost, or come twice; the message is in the
/// store. Owned by MsgServer; the loop's thread only.
///
///   Push push(loop, store, users, rng, metrics, config.push);
///   Status status = push.start();               // fails where the gateway's key cannot be read
///   push.message_stored(message, appended);     // each message, once it is durable
class Push {
 public:
  /// All of them outlive it; `settings` may change, which settings_changed() tells.
  Push(EventLoop& loop, Store& store, const UserDirectory& users, Rng& rng, Metrics& metrics,
       const PushSettings& settings);

  Status start();
  void message_stored(const NewMessage& message, const Appended& stored);
  void settings_changed();

  /// What has gathered goes out at once. Turn the loop until finished(): nothing that could leave is left.
  void finish();
  bool finished() const;

 private:
  void read_quiet_hours();

  EventLoop& loop_;
  Store& store_;
  const UserDirectory& users_;
  Rng& rng_;
  Metrics& metrics_;
  const PushSettings& settings_;
  QuietHours quiet_;
  std::unique_ptr<PushSender> sender_;  // only where there is a gateway
  std::unique_ptr<PushFinder> finder_;
};

}  // namespace talkbeat
