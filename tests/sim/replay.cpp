#include "tests/sim/replay.h"

#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/sim/simulation.h"

namespace talkbeat::sim {

namespace {

constexpr size_t kLastLines = 25;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Line by line, so that it is whole where the run crashes.
File file_for_trace(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::error_code ignored;  // fopen() says it
  if (!directory.empty()) std::filesystem::create_directories(directory, ignored);
  File file(std::fopen(path.c_str(), "w"));
  if (file != nullptr) std::setvbuf(file.get(), nullptr, _IOLBF, 0);
  return file;
}

// Without the turns of the loops: in between, nothing happens in most of them.
void tell_end_of(const std::string& path) {
  std::deque<std::string> last;
  size_t lines = 0;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line); ++lines) {
    if (line.find(" turn  ") != std::string::npos) continue;
    if (last.size() == kLastLines) last.pop_front();
    last.push_back(line);
  }
  std::printf("%s has %zu lines; the last ones, without turns:\n", path.c_str(), lines);
  for (const std::string& line : last) std::printf("%s\n", line.c_str());
}

bool tell(const Outcome& outcome) {
  std::printf("seed %llu: hash %016llx, %llu steps\n", static_cast<unsigned long long>(outcome.seed),
              static_cast<unsigned long long>(outcome.hash), static_cast<unsigned long long>(outcome.steps));
  std::fputs(outcome.ok() ? "every promise was kept, and both runs went the same way\n" : report_of(outcome).c_str(),
             stdout);
  return outcome.ok();
}

}  // namespace

bool replay(uint64_t seed, const std::string& trace) {
  const bool into_file = !trace.empty() && trace != "-";
  File file;
  if (into_file) {
    file = file_for_trace(trace);
    if (file == nullptr) {
      std::printf("%s cannot be written\n", trace.c_str());
      return false;
    }
    std::printf("A line an event: %s\n", trace.c_str());
    std::fflush(stdout);
  }
  const Outcome first = simulate(seed, trace == "-" ? stdout : file.get());
  file.reset();
  const Outcome outcome = compared(first, simulate(seed));
  std::fputs(outcome.tally.table().c_str(), stdout);
  if (into_file) tell_end_of(trace);
  return tell(outcome);
}

}  // namespace talkbeat::sim
