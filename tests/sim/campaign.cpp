#include "tests/sim/campaign.h"

#include <fcntl.h>
#include <poll.h>
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
constexpr int kProgressEverySeconds = 5;

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
  Outcome outcome = simulate(seed, false);
  if (outcome.ok() && twice) {
    const Outcome again = simulate(seed, false);
    if (again.hash != outcome.hash) {
      outcome.violated = "two runs of one seed differ";
      outcome.detail = std::to_string(outcome.steps) + " and " + std::to_string(again.steps) + " steps";
    }
  }
  Note note{.seed = seed, .steps = outcome.steps, .ok = outcome.ok(), .at_ms = outcome.at_ms, .tally = outcome.tally};
  copy_text(note.violated, outcome.violated);
  copy_text(note.detail, outcome.detail);
  return note;
}

[[noreturn]] void work(int fd, const CampaignOptions& options, unsigned job) {
  std::signal(SIGABRT, on_abort);
  for (uint64_t i = job; i < options.seeds; i += options.jobs) {
    const Note note = run_seed(options.first + i, options.twice);
    if (::write(fd, &note, sizeof note) != static_cast<ssize_t>(sizeof note)) ::_exit(2);
    if (!note.ok) ::_exit(1);
  }
  ::_exit(0);
}

/// The worker processes, and what they have told.
class Workers {
 public:
  explicit Workers(const CampaignOptions& options) {
    std::fflush(stdout);
    for (unsigned job = 0; job < options.jobs; ++job) {
      int pipe[2];
      CHECK(::pipe(pipe) == 0);
      const pid_t pid = ::fork();
      CHECK(pid >= 0);
      if (pid == 0) {
        ::close(pipe[0]);
        work(pipe[1], options, job);
      }
      ::close(pipe[1]);
      pids_.push_back(pid);
      pipes_.push_back({pipe[0], POLLIN, 0});
    }
  }

  /// False: all have ended.
  bool wait(std::vector<Note>& notes) {
    notes.clear();
    if (std::ranges::all_of(pipes_, [](const pollfd& pipe) { return pipe.fd < 0; })) return false;
    ::poll(pipes_.data(), pipes_.size(), kProgressEverySeconds * 1'000);
    for (pollfd& pipe : pipes_) {
      if (pipe.fd < 0 || pipe.revents == 0) continue;
      Note note;
      if (read_whole(pipe.fd, note)) {
        notes.push_back(note);
      } else {
        ::close(pipe.fd);
        pipe.fd = -1;
      }
    }
    return true;
  }
  /// Ends them. True: all of them had ended well by themselves.
  bool end() {
    bool well = true;
    for (const pid_t pid : pids_) {
      ::kill(pid, SIGKILL);
      int status = 0;
      ::waitpid(pid, &status, 0);
      well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return well;
  }

 private:
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

  std::vector<pid_t> pids_;
  std::vector<pollfd> pipes_;
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

}  // namespace

std::string report_of(const Outcome& outcome) {
  char when[32];
  std::snprintf(when, sizeof when, "%.3f", static_cast<double>(outcome.at_ms) / 1000);
  return "FAILED: seed " + std::to_string(outcome.seed) + " at " + when + " s: " + outcome.violated + ": " +
         outcome.detail + "\n  replay: make sim SEED=" + std::to_string(outcome.seed) + "\n";
}

bool run_campaign(const CampaignOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  Workers workers(options);
  Tally tally;
  uint64_t done = 0;
  uint64_t steps = 0;
  double told = 0;
  bool ok = true;
  std::vector<Note> notes;
  while (ok && workers.wait(notes)) {
    for (const Note& note : notes) {
      ++done;
      steps += note.steps;
      tally.add(note.tally);
      if (!note.ok) std::fputs(words_of(note).c_str(), stdout);
      ok = ok && note.ok;
    }
    if (options.progress && seconds() - told >= kProgressEverySeconds) {
      told = seconds();
      std::printf("%llu of %llu seeds, %.0f s\n", static_cast<unsigned long long>(done),
                  static_cast<unsigned long long>(options.seeds), told);
      std::fflush(stdout);
    }
  }
  if (!workers.end()) ok = false;
  std::printf("%s%llu seeds of 10 simulated minutes%s, in %.1f s; %llu events a run\n",
              options.table ? tally.table().c_str() : "", static_cast<unsigned long long>(done),
              options.twice ? ", each twice" : "", seconds(),
              static_cast<unsigned long long>(done > 0 ? steps / done : 0));
  ok = ok && done > 0 && done == options.seeds;
  if (ok && options.need_all && options.seeds >= kSeedsForAll) ok = all_happened(tally);
  return ok;
}

}  // namespace talkbeat::sim
