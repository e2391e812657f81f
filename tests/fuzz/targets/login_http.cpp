// login_server's HTTP port: discovery, figures, and pictures that are uploaded and fetched. The input is a script; a
// kPdu step is a request: its number says which, its body is what stands behind the path, or the form that is uploaded.
// A picture that has been uploaded is there for this input only.

#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/check.h"
#include "login_server/image_name.h"
#include "tests/fuzz/login_server_world.h"
#include "tests/fuzz/script_mutator.h"

namespace talkbeat::fuzz {
namespace {

namespace fs = std::filesystem;

struct Page {
  std::string_view method;
  std::string_view path;
  std::string_view headers;
};

constexpr std::array kPages{
    Page{"GET", "/msg_server", ""},
    Page{"GET", "/healthz", ""},
    Page{"HEAD", "/metrics", ""},
    Page{"GET", "/api/cluster", ""},
    Page{"GET", "/api/why?", ""},
    Page{"POST", "/", "Content-Type: multipart/form-data; boundary=b\r\n"},
    Page{"GET", "/g0/", ""},
    Page{"HEAD", "/g0/", ""},
    Page{"GET", "/g0/", "Range: bytes=1-2\r\nIf-None-Match: \"x\"\r\n"},
    Page{"GET", "/", ""},
};

/// The pictures' place in memory, which goes at the end.
struct Place {
  const fs::path path = "/dev/shm/talkbeat_fuzz_images_" + std::to_string(::getpid());
  bool used = false;

  ~Place() { fs::remove_all(path); }
  void empty() {
    if (!std::exchange(used, false)) return;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) fs::remove(entry.path());
    }
  }
};

Place& place() {
  static Place place;
  return place;
}

class HttpPortWorld final : public LoginServerWorld<HttpWorld> {
 public:
  HttpPortWorld() : LoginServerWorld(small_config().client.http_listen.port, config()) {}

 private:
  static login::LoginServerConfig config() {
    login::LoginServerConfig config = small_config();
    config.images.directory = place().path;
    config.images.max_size = 4'096;
    config.images.max_total = 64 << 10;
    config.images.min_free = 0;
    config.images.max_uploads = 2;
    config.images.max_uploads_per_address = 2;
    config.images.chunk = 512;
    return config;
  }
  Request request_of(uint16_t number, const std::string& body) override {
    const Page& page = kPages[number % kPages.size()];
    if (page.method != "POST") return request(page.method, std::string(page.path) + body, page.headers, "");
    place().used = true;
    return request(page.method, page.path, page.headers, body);
  }
  void raw(uint8_t number) override {
    place().used = true;
    HttpWorld::raw(number);
  }
};

constexpr auto kNumbers = [] {
  std::array<uint16_t, kPages.size()> numbers{};
  for (uint16_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  return numbers;
}();

}  // namespace

std::span<const uint16_t> script_commands() {
  return kNumbers;
}

}  // namespace talkbeat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  talkbeat::fuzz::HttpPortWorld().play({data, size});
  talkbeat::fuzz::place().empty();
  return 0;
}
