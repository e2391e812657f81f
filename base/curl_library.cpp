#include "base/curl_library.h"

#include <dlfcn.h>

#include <optional>
#include <string>

#include "base/check.h"

namespace talkbeat {

namespace {

// The name for good: of this number, what we use does not change.
constexpr const char* kFile = "libcurl.so.4";

struct Loaded {
  std::optional<CurlLibrary> library;
  std::string fault;
};

template <class Function>
void find(void* file, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(file, name));
  CHECK(function != nullptr);
}

Loaded load() {
  void* file = ::dlopen(kFile, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
  if (file == nullptr) return {.library = std::nullopt, .fault = ::dlerror()};
  CurlLibrary found{};
  find(file, "curl_easy_cleanup", found.easy_cleanup);
  find(file, "curl_easy_getinfo", found.easy_getinfo);
  find(file, "curl_easy_init", found.easy_init);
  find(file, "curl_easy_setopt", found.easy_setopt);
  find(file, "curl_easy_strerror", found.easy_strerror);
  find(file, "curl_free", found.free);
  find(file, "curl_global_cleanup", found.global_cleanup);
  find(file, "curl_global_init", found.global_init);
  find(file, "curl_multi_add_handle", found.multi_add_handle);
  find(file, "curl_multi_cleanup", found.multi_cleanup);
  find(file, "curl_multi_info_read", found.multi_info_read);
  find(file, "curl_multi_init", found.multi_init);
  find(file, "curl_multi_remove_handle", found.multi_remove_handle);
  find(file, "curl_multi_setopt", found.multi_setopt);
  find(file, "curl_multi_socket_action", found.multi_socket_action);
  find(file, "curl_slist_append", found.slist_append);
  find(file, "curl_slist_free_all", found.slist_free_all);
  find(file, "curl_url", found.url);
  find(file, "curl_url_cleanup", found.url_cleanup);
  find(file, "curl_url_get", found.url_get);
  find(file, "curl_url_set", found.url_set);
  find(file, "curl_url_strerror", found.url_strerror);
  return {.library = found, .fault = {}};
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
