#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/cluster_auth.h"
#include "base/rng.h"
#include "tools/talkcheck/sessions.h"
#include "tools/talkcheck/words.h"

namespace talkbeat::check {

/// Whom to check. What is absent is not checked.
struct Targets {
  std::optional<Address> server;
  std::optional<Address> login;
  std::optional<Address> link;
  std::optional<ClusterKey> key;
  pid_t pid = 0;
};

/// What every check gets.
struct Context {
  Scheduler& scheduler;
  Rng& rng;
  const Targets& targets;
  const Timings& timings;
  SessionPool& sessions;

  Tick now() const { return scheduler.now(); }
  auto sleep(Tick ms) const { return scheduler.sleep(ms); }
};

/// Ends the check as failed, with what was measured, unless `held`.
void require(bool held, const std::string& measured);

/// What was to come `timeout` after some moment came `took` after it: not sooner, and in time. Returns "3.02 s".
std::string in_time(const Context& c, Tick took, Tick timeout);

/// The peer must have been told the reason before its connection was closed. Returns ", told SILENT".
std::string told(const Peer& peer, GoAwayReason reason);

}  // namespace talkbeat::check
