// fuzz_seeds SOURCE DIRECTORY: writes what each fuzz target begins with into DIRECTORY/TARGET/. To be merged into the
// corpus (make fuzz-merge), which keeps those that reach something new.

#include <cstdio>
#include <fstream>

#include "tests/fuzz/script_world.h"
#include "tests/fuzz/seed_writer.h"

namespace talkbeat::fuzz {

void SeedWriter::write(const std::string& target, std::string_view bytes) {
  const std::filesystem::path directory = root_ / target;
  std::filesystem::create_directories(directory);
  const auto known = std::distance(std::filesystem::directory_iterator(directory), {});
  char name[16];
  std::snprintf(name, sizeof name, "seed_%03d", static_cast<int>(known));
  std::ofstream(directory / name, std::ios::binary) << bytes;
}

}  // namespace talkbeat::fuzz

int main(int argc, char** argv) {
  using namespace talkbeat::fuzz;
  if (argc != 3) {
    std::fprintf(stderr, "usage: fuzz_seeds SOURCE DIRECTORY\n");
    return 2;
  }
  log_to_nowhere();
  SeedWriter seeds(argv[2]);
  write_core_seeds(seeds, argv[1]);
  write_server_seeds(seeds);
  write_client_seeds(seeds);
  write_http_seeds(seeds);
  return 0;
}
