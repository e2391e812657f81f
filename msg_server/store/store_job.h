#pragma once

#include <functional>
#include <utility>

#include "msg_server/store/database.h"

namespace talkbeat {

/// One call of Store on its way: run() in a worker, then answer() on the loop, once. Made and destroyed on the loop's
/// thread, because its callback may hold things of the loop.
class StoreJob {
 public:
  virtual ~StoreJob() = default;

  /// False: the database failed, and the batch that this is part of is lost.
  [[nodiscard]] virtual bool run(Database& database) = 0;
  /// Whatever run() gave, the answer is `error`.
  virtual void fail(StoreError error) = 0;
  virtual void answer() = 0;
  /// What it holds of a client's, where that may be much.
  virtual size_t bytes() const { return 0; }
  /// After run(): it has put a new message into the batch.
  virtual bool adds_message() const { return false; }
};

template <class T>
class StoreJobOf final : public StoreJob {
 public:
  StoreJobOf(std::function<StoreResult<T>(Database&)> work, std::function<void(StoreResult<T>)> done)
      : work_(std::move(work)), done_(std::move(done)) {}

  bool run(Database& database) override {
    result_ = work_(database);
    return result_.ok() || result_.error() != StoreError::kUnavailable;
  }
  void fail(StoreError error) override { result_ = error; }
  void answer() override { done_(std::move(result_)); }

 private:
  std::function<StoreResult<T>(Database&)> work_;
  std::function<void(StoreResult<T>)> done_;
  StoreResult<T> result_ = StoreError::kUnavailable;
};

/// Storing a message. It goes to the worker and back in one piece, and is not copied.
class AppendJob final : public StoreJob {
 public:
  using Callback = std::function<void(const NewMessage&, const StoreResult<Appended>&)>;

  AppendJob(NewMessage message, Callback done) : message_(std::move(message)), done_(std::move(done)) {}

  bool run(Database& database) override {
    result_ = database.append(message_);
    return result_.ok() || result_.error() != StoreError::kUnavailable;
  }
  void fail(StoreError error) override { result_ = error; }
  void answer() override { done_(message_, result_); }
  size_t bytes() const override { return message_.body.size(); }
  bool adds_message() const override { return result_.ok() && !result_.value().duplicate; }

 private:
  NewMessage message_;
  Callback done_;
  StoreResult<Appended> result_ = StoreError::kUnavailable;
};

}  // namespace talkbeat
