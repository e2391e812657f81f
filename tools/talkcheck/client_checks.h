#pragma once

#include <functional>
#include <span>
#include <vector>

#include "tools/talkcheck/context.h"
#include "tools/talkcheck/fake_server.h"
#include "tools/talkcheck/report.h"
#include "tools/talkcheck/speaker.h"

namespace talkbeat::check {

/// What came of the client under test so far.
struct ClientStory {
  Scheduler& scheduler;
  const Timings& timings;
  FakeServer& server;
  Speaker& speaker;
  Tick interval = 0;          ///< of its heartbeats, as it should be now
  Visitor* client = nullptr;  ///< its present connection
  int logins = 0;
  bool asks_login_server = false;

  Tick now() const { return scheduler.now(); }
};

/// Ends a check that cannot be made with this client.
struct NotTested : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One behaviour of a client. They are chapters of one story, told in this order on one client; each begins with the
/// client online.
struct ClientCheck {
  const char* name;
  const char* rule;
  const char* expected;
  Task<std::string> (*run)(ClientStory& story);
};
std::span<const ClientCheck> client_checks();

/// Runs those on the client that comes, one after the other; calls `on_end` when all are done.
Detached run_client_checks(ClientStory& story, std::vector<const ClientCheck*> checks, std::vector<Row>& rows,
                           std::function<void()> on_end);

}  // namespace talkbeat::check
