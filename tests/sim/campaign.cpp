#include "tests/sim/campaign.h"

#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "base/check.h"

namespace talkbeat::sim {

namespace {

constexpr uint64_t kSeedsForAll = 1'000;
constexpr double kAllowedSeconds = 180;  // for a thousand; told, not judged: machines differ
constexpr int kProgressEverySeconds = 5;
constexpr int kKeptMemory = 256 << 20;

/// What a worker process tells of one seed, through a pipe.
struct Note {
  uint64_t seed = 0;
  uint64_t steps = 0;
  bool ok = true;
  std::array<char, 64> violated{};
  std::array<char, 512> detail{};
  int64_t at_ms = 0;
  Tally tally;
};

template <size_t n>
void copy_text(std::array<char, n>& into, const std::string& text) {
  std::snprintf(into.data(), into.size(), "%s", text.c_str());
}

volatile sig_atomic_t seed_now = 0;

// A CHECK that fails, or a sanitizer, ends the worker: then at least the seed is known.
extern "C" void on_abort(int /*number*/) {
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "\nwhile simulating seed %lld\n", static_cast<long long>(seed_now));
  (void)!::write(STDERR_FILENO, text, static_cast<size_t>(length));
  std::signal(SIGABRT, SIG_DFL);
}

Note run_seed(uint64_t seed, bool twice) {
  seed_now = static_cast<sig_atomic_t>(seed);
  const Outcome outcome = twice ? simulate_twice(seed) : simulate(seed);
  Note note{.seed = seed, .steps = outcome.steps, .ok = outcome.ok(), .at_ms = outcome.at_ms, .tally = outcome.tally};
  copy_text(note.violated, outcome.violated);
  copy_text(note.detail, outcome.detail);
  return note;
}

// Every options.jobs-th seed, from this one on.
[[noreturn]] void work(int fd, const CampaignOptions& options, uint64_t index) {
  std::signal(SIGABRT, on_abort);
  // What one run gives back the next one takes: nothing goes back to the kernel in between.
  ::mallopt(M_TRIM_THRESHOLD, kKeptMemory);
  ::mallopt(M_MMAP_THRESHOLD, kKeptMemory);
  for (; index < options.seeds; index += options.jobs) {
    const Note note = run_seed(options.first + index, options.twice);
    if (::write(fd, &note, sizeof note) != static_cast<ssize_t>(sizeof note)) ::_exit(2);
    if (!note.ok && !options.keep_going && options.to_find.empty()) break;
  }
  ::_exit(0);
}

/// The worker processes, and what they have told.
class Workers {
 public:
  explicit Workers(const CampaignOptions& options) : options_(options) {
    for (unsigned job = 0; job < options.jobs; ++job) {
      workers_.push_back({.pid = 0, .at = job});
      pipes_.push_back({-1, POLLIN, 0});
      start(job);
    }
  }

  /// False: all have ended.
  bool wait(std::vector<Note>& notes) {
    notes.clear();
    if (std::ranges::all_of(pipes_, [](const pollfd& pipe) { return pipe.fd < 0; })) return false;
    ::poll(pipes_.data(), pipes_.size(), kProgressEverySeconds * 1'000);
    for (size_t job = 0; job < pipes_.size(); ++job) {
      if (pipes_[job].fd < 0 || pipes_[job].revents == 0) continue;
      Note note;
      if (read_whole(pipes_[job].fd, note)) {
        notes.push_back(note);
        workers_[job].at += options_.jobs;
      } else {
        ended(job);
      }
    }
    return true;
  }
  /// Ends them. True: all of them had ended well by themselves.
  bool end() {
    for (size_t job = 0; job < pipes_.size(); ++job) {
      if (pipes_[job].fd < 0) continue;
      ::kill(workers_[job].pid, SIGKILL);
      ended_well(job);
      well_ = false;
    }
    return well_;
  }

 private:
  struct Worker {
    pid_t pid;
    uint64_t at;  // the index of the seed that it runs
  };

  void start(size_t job) {
    int pipe[2];
    std::fflush(stdout);
    CHECK(::pipe(pipe) == 0);
    const pid_t pid = ::fork();
    CHECK(pid >= 0);
    if (pid == 0) {
      ::close(pipe[0]);
      work(pipe[1], options_, workers_[job].at);
    }
    ::close(pipe[1]);
    workers_[job].pid = pid;
    pipes_[job].fd = pipe[0];
  }
  bool ended_well(size_t job) {
    ::close(pipes_[job].fd);
    pipes_[job].fd = -1;
    int status = 0;
    ::waitpid(workers_[job].pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  // A mistake that is made on purpose may crash a run: that is not how it has to be found.
  void ended(size_t job) {
    if (ended_well(job)) return;
    well_ = false;
    if (options_.to_find.empty()) return;
    workers_[job].at += options_.jobs;
    start(job);
  }
  static bool read_whole(int fd, Note& note) {
    auto* bytes = reinterpret_cast<char*>(&note);
    size_t got = 0;
    while (got < sizeof note) {
      const ssize_t count = ::read(fd, bytes + got, sizeof note - got);
      if (count <= 0) return false;
      got += static_cast<size_t>(count);
    }
    return true;
  }

  const CampaignOptions& options_;
  std::vector<Worker> workers_;
  std::vector<pollfd> pipes_;
  bool well_ = true;
};

std::string words_of(const Note& note) {
  Outcome outcome{.seed = note.seed,
                  .hash = 0,
                  .steps = note.steps,
                  .violated = note.violated.data(),
                  .detail = note.detail.data(),
                  .at_ms = note.at_ms,
                  .tally = {}};
  return report_of(outcome);
}

bool all_happened(const Tally& tally) {
  bool all = true;
  for (size_t i = 0; i < kHappenings; ++i) {
    const auto happening = static_cast<Happening>(i);
    if (tally.of(happening) > 0) continue;
    std::printf("never happened: %s\n", std::string(to_string(happening)).c_str());
    all = false;
  }
  return all;
}

// Of the workers that have ended: far less than the time that passed means that others used the machine.
double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/// What has been told so far, and what it comes to.
class Campaign {
 public:
  explicit Campaign(const CampaignOptions& options) : options_(options) {}

  bool run() {
    Workers workers(options_);
    std::vector<Note> notes;
    while (!decided_ && workers.wait(notes)) {
      for (const Note& note : notes) take(note);
      tell_progress();
    }
    const bool well = workers.end() || decided_;
    return options_.to_find.empty() ? judge(well) : tell_whether_found();
  }

 private:
  void take(const Note& note) {
    if (decided_) return;
    ++done_;
    steps_ += note.steps;
    tally_.add(note.tally);
    if (note.ok) return;
    ++failed_;
    if (options_.to_find.empty()) {
      std::fputs(words_of(note).c_str(), stdout);
      decided_ = !options_.keep_going;
    } else if (options_.to_find == note.violated.data()) {
      decided_ = true;
      std::printf("found by seed %llu: %s: %s\n", number(note.seed), note.violated.data(), note.detail.data());
    }
  }

  bool judge(bool well) const {
    std::printf("%s%llu seeds of 10 simulated minutes%s, in %.1f s (%.1f s of processor time); %llu events a run\n",
                options_.table ? tally_.table().c_str() : "", number(done_), options_.twice ? ", each twice" : "",
                seconds(), processor_seconds(), number(done_ > 0 ? steps_ / done_ : 0));
    tell_pace();
    if (failed_ > 0) std::printf("%llu of them failed\n", number(failed_));
    if (!well || failed_ > 0 || done_ == 0 || done_ != options_.seeds) return false;
    return !options_.need_all || options_.seeds < kSeedsForAll || all_happened(tally_);
  }

  void tell_pace() const {
    if (done_ < kSeedsForAll) return;
    const double taken = seconds() * static_cast<double>(kSeedsForAll) / static_cast<double>(done_);
    const bool slow = taken > kAllowedSeconds;
    std::printf("%s%llu seeds take %.0f s here with %u processes; %s the %.0f s that they are to stay below\n",
                slow ? "SLOW: " : "", number(kSeedsForAll), taken, options_.jobs, slow ? "that is above" : "within",
                kAllowedSeconds);
  }

  bool tell_whether_found() const {
    if (decided_) return true;
    std::printf("NOT found within %llu seeds: %s (%llu seeds failed otherwise)\n", number(options_.seeds),
                std::string(options_.to_find).c_str(), number(failed_));
    return false;
  }

  void tell_progress() {
    if (!options_.progress || seconds() - told_ < kProgressEverySeconds) return;
    told_ = seconds();
    std::printf("%llu of %llu seeds, %.0f s\n", number(done_), number(options_.seeds), told_);
    std::fflush(stdout);
  }

  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }
  static unsigned long long number(uint64_t value) { return value; }

  const CampaignOptions options_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Tally tally_;
  uint64_t done_ = 0;
  uint64_t steps_ = 0;
  uint64_t failed_ = 0;
  double told_ = 0;
  bool decided_ = false;
};

}  // namespace

bool run_campaign(const CampaignOptions& options) {
  return Campaign(options).run();
}

}  // namespace talkbeat::sim
