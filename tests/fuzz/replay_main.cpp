// In place of libFuzzer: runs a fuzz target once on each file of the directories named, and says how many there were.
// What make test does with each target's corpus. Exit code 1 where there is none; a crash ends it, and the last line
// that it has printed names the file.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

namespace fs = std::filesystem;

std::vector<uint8_t> read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<fs::path> files_in(const fs::path& place) {
  if (fs::is_regular_file(place)) return {place};
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(place)) {
    if (entry.is_regular_file()) files.insert(entry.path());
  }
  return files;
}

size_t replay(const fs::path& place) {
  const auto files = files_in(place);
  for (const fs::path& path : files) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    const auto bytes = read(path);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  return files.size();
}

}  // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    if (!fs::exists(argv[i])) {
      std::fprintf(stderr, "%s: no such file or directory\n", argv[i]);
      return 1;
    }
    count += replay(argv[i]);
  }
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;
}
