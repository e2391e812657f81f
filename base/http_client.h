#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/status.h"

namespace talkbeat {

/// A POST on its way out.
struct HttpPost {
  std::string url;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< beside those that HTTP itself needs
  Tick timeout_ms = 10'000;                                       ///< from now to the answer's last byte
};

/// What became of it.
struct HttpReply {
  int status = 0;  ///< 0: there was no whole answer, see error
  std::string body = {};
  std::optional<Tick> retry_after_ms = {};  ///< what the server asked for: Retry-After, in seconds or as a date
  std::string error = {};                   ///< for the log; names no more of the URL than host and port

  bool answered() const { return status != 0; }
};

/// The client's half of HTTP: libcurl's multi interface on the event loop. Requests run side by side, over connections
/// that are kept for the next one. http and https; certificates are verified; redirects are not followed; neither the
/// environment's proxies nor its .netrc count. An answer of any status is an answer; a failure is a reply with
/// status 0: refused, timed out, too long, no valid certificate. Names are resolved in libcurl's own threads.
///
/// Owned by the part that asks; the loop's thread only. Destroying it drops what is under way: no callback runs.
///
///   HttpClient http(loop, {.max_answer = 64 << 10});
///   http.post({.url = "https://push.example/", .body = json}, [](const HttpReply& reply) {
///     if (!reply.answered()) log_warn("push_failed", {{"why", reply.error}}); });
class HttpClient {
 public:
  struct Options {
    size_t max_answer = 64 << 10;  ///< bytes of headers and of body, each
    size_t max_connections = 16;   ///< open at once; a request beyond waits for one, which its timeout includes
    std::string proxy = {};        ///< http://host:port; empty: none
    std::string ca_file = {};      ///< PEM; empty: the authorities that the system trusts
  };
  /// Called on a later turn, never inside of post(). It may post again, but not destroy the client.
  using Callback = std::function<void(const HttpReply& reply)>;

  HttpClient(EventLoop& loop, const Options& options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void post(HttpPost request, Callback done);
  size_t under_way() const;

  /// Whether post() could use it: an absolute http or https URL. The error says what is wrong.
  static Status check_url(const std::string& url);

 private:
  struct Transfers;
  std::unique_ptr<Transfers> transfers_;
};

}  // namespace talkbeat
