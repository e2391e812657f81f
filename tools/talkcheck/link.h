#pragma once

#include <string>

#include "tools/talkcheck/context.h"

namespace talkbeat::check {

/// Plays a msg_server towards login_server's port 8100: one that is draining and full, so that no client is ever sent
/// to it.
///
///   Link link(c);
///   co_await link.open();
///   co_await link->closed(31'000);
class Link {
 public:
  explicit Link(Context& c);

  /// Connects, and proves that it holds the key.
  Task<> open();
  /// As open(), but gives this proof instead of a right one. Returns login_server's answer.
  Task<TbServerAuthResult> prove(const ClusterKey& key);
  /// Says where it would serve, and that this user is there.
  void enter(uint32_t user_id);

  Peer& operator*() { return peer_; }
  Peer* operator->() { return &peer_; }

 private:
  Context& c_;
  std::string name_;
  Peer peer_;
};

}  // namespace talkbeat::check
