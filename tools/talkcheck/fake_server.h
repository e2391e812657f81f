#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/listener.h"
#include "tools/talkcheck/visitor.h"

namespace talkbeat::check {

/// Plays the server for a client under test: login_server and a msg_server on one port, a second msg_server on the
/// next. The loop's thread only.
///
///   FakeServer server(scheduler);
///   if (const Status status = server.listen({"127.0.0.1", 9008}); !status.ok()) …
///   Visitor* client = co_await server.next_login(10'000);
class FakeServer {
 public:
  explicit FakeServer(Scheduler& scheduler);

  Status listen(const Address& first);

  Door& door() { return door_; }
  /// The next login that nobody has taken yet; nullptr: none in time.
  Task<Visitor*> next_login(Tick within);
  /// How often login_server was asked.
  size_t times_asked() const;
  size_t connections() const { return visitors_.size(); }
  const Address& address_of(Place place) const { return place == Place::kFirst ? door_.first : door_.second; }

 private:
  void accept(SocketHandle socket, Place place);

  Scheduler& scheduler_;
  Door door_;
  Listener first_;
  Listener second_;
  std::deque<std::unique_ptr<Visitor>> visitors_;  // all that there ever were: their notes are evidence
  size_t seen_ = 0;                                // logins among these have been taken
};

/// Asks until it is true, or `within` has passed; returns whether it was.
Task<bool> until(Scheduler& scheduler, std::function<bool()> condition, Tick within);

}  // namespace talkbeat::check
