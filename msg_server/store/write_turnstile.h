#pragma once

#include <string>

#include "base/status.h"

namespace talkbeat {

/// Lets the processes that write to one database take turns. SQLite's own busy handler sleeps and tries again, so that
/// of two busy writers one may starve for seconds.
///
/// Two blocking locks on one small file: who wants to write takes "next", then waits for "writing", and gives "next"
/// back. Who has just written finds "next" taken by the one who waits, and so cannot overtake it. The kernel releases
/// the locks of a process that dies. Nothing is ever written to the file.
///
///   auto turnstile = WriteTurnstile::open("talkbeat.db.turnstile");
///   …
///   Status status = turnstile.value().enter();   // blocks until it is our turn
///   … BEGIN IMMEDIATE … COMMIT …
///   turnstile.value().leave();
///
/// Used by one thread at a time; several in one process have one each. It waits as long as another process writes,
/// even one that was stopped in the middle: the caller's queue is what bounds the damage.
class WriteTurnstile {
 public:
  static Result<WriteTurnstile> open(const std::string& path);
  WriteTurnstile(WriteTurnstile&& other) noexcept;
  WriteTurnstile& operator=(WriteTurnstile&& other) noexcept;
  ~WriteTurnstile();

  Status enter();
  /// Without effect where it was not entered.
  void leave();

 private:
  explicit WriteTurnstile(int fd) : fd_(fd) {}

  int fd_ = -1;
  bool inside_ = false;
};

}  // namespace talkbeat
