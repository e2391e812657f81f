#pragma once

#include <functional>

namespace talkbeat {

/// What runs on the event loop's thread, once.
using Task = std::function<void()>;

/// Runs what blocks (the store, password hashing) away from the event loop, and brings the result back to it.
/// ThreadExecutor in production; simulations use one that runs on the loop itself, at a simulated time.
///
///   executor.try_submit([password, hash] {
///     const bool right = verify(password, hash);      // in a worker
///     return [right] { finish_login(right); };        // back on the loop
///   });
class Executor {
 public:
  /// A job is a value: it holds what it needs, and touches no connection. What it returns runs on the loop.
  using Job = std::function<Task()>;

  virtual ~Executor() = default;

  /// Called on the loop's thread. False: the queue is full; answer "busy", do not wait.
  [[nodiscard]] virtual bool try_submit(Job job) = 0;
  /// Jobs that wait or run.
  virtual size_t pending() const = 0;
};

}  // namespace talkbeat
