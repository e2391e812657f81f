#pragma once

#include <string>

#include "tools/client/client.h"
#include "tools/talkchat/group_book.h"
#include "tools/talkchat/user_book.h"

namespace talkbeat {

/// What stood on talkchat's command line.
struct ChatArguments {
  ClientOptions client;
  std::string tls_name;  ///< what servers' certificates are for; empty: no TLS
  std::string tls_ca;
  bool json = false;
  std::string to;
  std::string group;  ///< send: in place of `to`
  std::string text;
  std::string path;             ///< sendfile
  std::string directory = ".";  ///< recvfile
  bool online_only = false;     ///< sendfile
  bool offline_only = false;
  size_t count = 1;
  Tick timeout_ms = 0;
};

/// What a message says, as it may be printed.
std::string text_of(const ReceivedMessage& message);

/// A client with all that it needs, on a loop of its own: what the subcommands have in common. They derive from it, and
/// call end() when they are done.
class ChatSession : protected ClientListener {
 public:
  explicit ChatSession(const ChatArguments& arguments);

  /// Until end(); returns the exit code.
  int run();

 protected:
  /// Logs out and ends run().
  void end(int exit_code);
  /// One line on stderr, then the end.
  void fail(const std::string& why);
  /// The client is closed, and not by us: why, in words for a person.
  std::string reason_for_closing(const std::string& why) const;

  ClientLoop parts_;
  Clock& clock_ = parts_.clock;
  EventLoop& loop_ = parts_.events;
  Client client_;
  UserBook book_;
  GroupBook groups_;

 private:
  const std::string tls_name_;
  const std::string tls_ca_;
  int exit_code_ = 0;
  bool ended_ = false;
};

}  // namespace talkbeat
