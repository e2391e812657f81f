#include "base/curl_library.h"

#include <dlfcn.h>

#include <optional>
#include <string>

#include "base/check.h"

namespace talkbeat {

namespace {

// What we use has been there since libcurl 7.80, under the same name before and after.
constexpr const char* kFile = "libcurl.so.4";

struct Loaded {
  std::optional<CurlLibrary> library;
  std::string fault;
};

/// Finds functions by name, and remembers one that is not there.
class Finder {
 public:
  explicit Finder(void* file) : file_(file) {}

  template <class Function>
  void find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(file_, name));
    if (function == nullptr) missing_ = name;
  }
  const std::string& missing() const { return missing_; }

 private:
  void* file_;
  std::string missing_;
};

Loaded load() {
  void* file = ::dlopen(kFile, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
  if (file == nullptr) return {.library = std::nullopt, .fault = ::dlerror()};
  CurlLibrary found{};
  Finder finder(file);
  finder.find("curl_easy_cleanup", found.easy_cleanup);
  finder.find("curl_easy_getinfo", found.easy_getinfo);
  finder.find("curl_easy_init", found.easy_init);
  finder.find("curl_easy_setopt", found.easy_setopt);
  finder.find("curl_easy_strerror", found.easy_strerror);
  finder.find("curl_free", found.free);
  finder.find("curl_global_cleanup", found.global_cleanup);
  finder.find("curl_global_init", found.global_init);
  finder.find("curl_multi_add_handle", found.multi_add_handle);
  finder.find("curl_multi_cleanup", found.multi_cleanup);
  finder.find("curl_multi_info_read", found.multi_info_read);
  finder.find("curl_multi_init", found.multi_init);
  finder.find("curl_multi_remove_handle", found.multi_remove_handle);
  finder.find("curl_multi_setopt", found.multi_setopt);
  finder.find("curl_multi_socket_action", found.multi_socket_action);
  finder.find("curl_slist_append", found.slist_append);
  finder.find("curl_slist_free_all", found.slist_free_all);
  finder.find("curl_url", found.url);
  finder.find("curl_url_cleanup", found.url_cleanup);
  finder.find("curl_url_get", found.url_get);
  finder.find("curl_url_set", found.url_set);
  finder.find("curl_url_strerror", found.url_strerror);
  if (finder.missing().empty()) return {.library = found, .fault = {}};
  return {.library = std::nullopt, .fault = std::string(kFile) + " is too old: it has no " + finder.missing()};
}

const Loaded& loaded() {
  static const Loaded once = load();
  return once;
}

}  // namespace

Status load_curl() {
  if (!loaded().library) return Error{loaded().fault};
  return {};
}

const CurlLibrary& curl() {
  CHECK(loaded().library);
  return *loaded().library;
}

}  // namespace talkbeat
