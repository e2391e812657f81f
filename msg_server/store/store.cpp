#include "msg_server/store/store.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "base/mutant.h"

namespace talkbeat {

// Belongs to the worker from try_submit() until its completion runs on the loop, never to both.
struct Store::Batch {
  std::vector<std::unique_ptr<StoreJob>> jobs;
  Status outcome;
  bool upkeep_due = false;

  void run(Database& database);
  Status run_all(Database& database);
};

void Store::Batch::run(Database& database) {
  outcome = run_all(database);
  if (outcome.ok()) upkeep_due = database.upkeep_due();
}

Status Store::Batch::run_all(Database& database) {
  Status begun = database.begin_batch();
  if (!begun.ok()) return begun;
  for (const auto& job : jobs) {
    if (job->run(database)) continue;
    Error error{"a write failed: " + database.last_error()};
    database.rollback_batch();
    return error;
  }
  return database.commit_batch();
}

Store::Store(Database& writer, Executor& write_executor, Database& reader, Executor& read_executor, Limits limits,
             Post post)
    : writer_(writer),
      write_executor_(write_executor),
      reader_(reader),
      read_executor_(read_executor),
      limits_(limits),
      post_(std::move(post)) {
  CHECK(limits_.max_batch > 0);
}

Task Store::while_alive(std::function<void()> task) const {
  return [alive = std::weak_ptr<const bool>(alive_), task = std::move(task)] {
    if (!alive.expired()) task();
  };
}

void Store::refuse(std::unique_ptr<StoreJob> job) {
  ++stats_.busy;
  ++refused_;
  job->fail(StoreError::kBusy);
  post_(while_alive([this, refused = std::shared_ptr<StoreJob>(std::move(job))] {
    --refused_;
    refused->answer();
  }));
}

void Store::add_write(std::unique_ptr<StoreJob> job) {
  const bool room = queued_bytes_ == 0 || queued_bytes_ + job->bytes() <= limits_.max_queued_bytes;
  if (pending_writes_ >= limits_.max_queued_writes || !room) return refuse(std::move(job));
  ++pending_writes_;
  queued_bytes_ += job->bytes();
  queue_.push_back(std::move(job));
  if (!committing_) start_batch();
}

std::vector<std::unique_ptr<StoreJob>> Store::take_batch() {
  size_t bytes = 0;
  size_t count = 0;
  for (; count < std::min(queue_.size(), limits_.max_batch); ++count) {
    const size_t with_this = bytes + queue_[count]->bytes();
    if (count > 0 && with_this > limits_.max_batch_bytes) break;
    bytes = with_this;
  }
  const auto end = queue_.begin() + static_cast<ptrdiff_t>(count);
  std::vector<std::unique_ptr<StoreJob>> jobs(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  queued_bytes_ -= bytes;
  return jobs;
}

void Store::start_batch() {
  if (queue_.empty()) return;
  committing_ = true;
  auto batch = std::make_shared<Batch>();
  batch->jobs = take_batch();
  in_commit_ = batch->jobs.size();
  // The worker may be the last to let go of the batch: without its jobs by then, even where the store has gone.
  Task finish = [this, alive = std::weak_ptr<const bool>(alive_), batch] {
    Batch finished = std::move(*batch);
    if (!alive.expired()) finish_batch(finished);
  };
  const bool accepted = write_executor_.try_submit([&database = writer_, batch, finish] {
    batch->run(database);
    return finish;
  });
  if (accepted) return;
  stats_.busy += batch->jobs.size();
  for (const auto& job : batch->jobs) job->fail(StoreError::kBusy);
  post_(while_alive([this, batch] { answer_batch(*batch); }));
}

void Store::finish_batch(Batch& batch) {
  if (batch.outcome.ok()) {
    ++stats_.batches;
    stats_.writes += batch.jobs.size();
    for (const auto& job : batch.jobs) stats_.messages += job->adds_message() ? 1 : 0;
  } else {
    ++stats_.failed_batches;
    stats_.last_error = batch.outcome.message();
    for (const auto& job : batch.jobs) {
      if (kMutant != Mutant::kAckBeforeCommit) job->fail(StoreError::kUnavailable);
    }
  }
  if (batch.upkeep_due) start_upkeep();
  answer_batch(batch);
}

void Store::answer_batch(Batch& batch) {
  committing_ = false;
  in_commit_ = 0;
  start_batch();  // the worker goes on while the loop answers
  const std::weak_ptr<const bool> alive = alive_;
  for (const auto& job : batch.jobs) {
    --pending_writes_;
    job->answer();
    if (alive.expired()) return;  // a callback has destroyed the store
  }
}

// The job goes to the worker and from there into the task, so that the worker has nothing of it any more when it runs.
void Store::start_read(std::unique_ptr<StoreJob> job) {
  const auto shared = std::make_shared<std::unique_ptr<StoreJob>>(std::move(job));
  const bool accepted =
      read_executor_.try_submit([&database = reader_, alive = std::weak_ptr<const bool>(alive_), shared] {
        if (!(*shared)->run(database)) (*shared)->fail(StoreError::kUnavailable);
        return Task([alive, shared] {
          const std::unique_ptr<StoreJob> finished = std::move(*shared);
          if (!alive.expired()) finished->answer();
        });
      });
  if (!accepted) refuse(std::move(*shared));
}

void Store::start_upkeep() {
  if (upkeep_running_) return;
  upkeep_running_ = read_executor_.try_submit([this, &database = reader_, alive = std::weak_ptr<const bool>(alive_)] {
    const Status status = database.upkeep();
    return Task([this, alive, status] {
      if (alive.expired()) return;
      upkeep_running_ = false;
      ++stats_.upkeeps;
      if (!status.ok()) stats_.last_error = status.message();
    });
  });
}

}  // namespace talkbeat
