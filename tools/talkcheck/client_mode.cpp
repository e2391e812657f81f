#include <csignal>
#include <cstdlib>
#include <iostream>

#include "base/epoll_transport.h"
#include "base/signals.h"
#include "tools/talkcheck/arguments.h"
#include "tools/talkcheck/client_checks.h"
#include "tools/talkcheck/progress.h"

namespace talkbeat::check {

int check_client(const Arguments& arguments) {
  std::vector<const ClientCheck*> checks;
  std::vector<Row> rows;
  for (const ClientCheck& check : client_checks()) {
    if (!chosen(arguments, check.name)) continue;
    checks.push_back(&check);
    rows.push_back({check.name, check.rule, with_timings(check.expected, arguments.timings), {}, {}, 0});
  }
  if (checks.empty()) return fail_unknown_name(arguments);

  SystemClock clock;
  EpollTransport transport;
  EventLoop loop(clock, transport);
  Scheduler scheduler(loop);
  FakeServer server(scheduler);
  if (const Status status = server.listen(arguments.listen); !status.ok()) return fail(status.message());
  Speaker speaker;
  const Signals signals(loop, {SIGINT, SIGTERM, SIGHUP}, [&speaker](int number) {
    speaker.stop();
    std::_Exit(128 + number);
  });
  if (arguments.exec.empty()) {
    std::cerr << "talkcheck: waiting for a client; login_server and msg_server are at port " << server.door().first.port
              << "\n";
  } else if (const Status status = speaker.start(arguments.exec); !status.ok()) {
    return fail(status.message());
  }
  ClientStory story{scheduler, arguments.timings, server, speaker, arguments.timings.client_heartbeat_interval};
  {
    const Progress progress(loop, rows, 0);
    run_client_checks(story, checks, rows, [&loop] { loop.stop(); });
    loop.run();
  }
  return report(arguments, rows);
}

}  // namespace talkbeat::check
