#pragma once

#include <functional>
#include <memory>

#include "base/executor.h"

namespace talkbeat {

/// Runs the blocking parts of one transfer in an executor, one after the other, and forgets what comes back after its
/// own end. Part of its transfer; the loop's thread only.
///
///   worker.run<Result<std::string>>([file] { return file->read(0, 65'536); }, [this](Result<std::string> piece) { …
///   });
class FileWorker {
 public:
  explicit FileWorker(Executor& executor) : executor_(executor) {}

  /// False: the executor takes no more, and nothing is called. What `job` holds dies in the worker or on the loop.
  template <class T>
  [[nodiscard]] bool run(std::function<T()> job, std::function<void(T)> done) {
    return executor_.try_submit([job = std::move(job), done = std::move(done), alive = std::weak_ptr(alive_)] {
      auto result = std::make_shared<T>(job());  // a task has to be copyable
      return [done, alive, result] {
        if (!alive.expired()) done(std::move(*result));
      };
    });
  }

 private:
  Executor& executor_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace talkbeat
