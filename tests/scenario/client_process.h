#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/scenario/deadline.h"
#include "tools/client/client_options.h"

namespace talkbeat::scenario {

/// A client of the client library in a process of its own, which can be stopped, and lives in the network namespace in
/// which it was made. Quick to notice a dead server, and to come back. Killed in the destructor. Made while the test
/// has no other thread (it is a fork of it).
///
///   ClientProcess alice({.options = quick_client("alice", {"127.0.0.1", port})});
///   alice.await("online");
///   EXPECT_THAT(alice.lines(), Contains("heard 1 hello"));
class ClientProcess {
 public:
  struct Plan {
    ClientOptions options;
    uint32_t say_to = 0;  ///< a user to whom "1", "2", … are sent, one each say_every
    int say_count = 0;
    milliseconds say_every = 100ms;
  };

  explicit ClientProcess(const Plan& plan);
  ~ClientProcess();
  ClientProcess(const ClientProcess&) = delete;
  ClientProcess& operator=(const ClientProcess&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  /// What it has told so far, a line each: "online", "waiting WHY", … (states); "heard MSG_ID TEXT"; "said TEXT";
  /// "stored MSG_ID".
  const std::vector<std::string>& lines();
  /// Of those that begin so: the rest.
  std::vector<std::string> told(const std::string& beginning);
  size_t times(const std::string& beginning) { return told(beginning).size(); }
  /// Returns when there are so many lines that begin so.
  void await(const std::string& beginning, size_t count = 1, milliseconds timeout = 3 * kPatience);

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string partial_;
  std::vector<std::string> lines_;
};

/// Beats each 500 ms, finds a server dead after 1.5 s without an answer, and tries again within 300 ms.
ClientOptions quick_client(const std::string& user, const Address& msg_server);

}  // namespace talkbeat::scenario
