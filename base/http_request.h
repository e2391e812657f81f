#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace talkbeat {

struct HttpRequest {
  std::string method;                          // "GET"
  std::string path;                            // decoded, without the query: "/msg_server"
  std::map<std::string, std::string> query;    // decoded; of a name that stands twice, the last value
  std::map<std::string, std::string> headers;  // names in lower case; values of equal names joined by ", "
  std::string body;
  bool keep_alive = false;  // what the client wants
  bool upgrade = false;     // CONNECT, or wants a WebSocket: what follows is not HTTP
};

/// Asked by a program on this machine, as far as can be told: the peer is this machine, and no proxy says that it asks
/// for somebody else. What may be told to operators only is answered to these only.
bool is_local(const HttpRequest& request, std::string_view peer_ip);

/// Request line and headers together; more is answered 431.
constexpr size_t kMaxHttpHeaderBytes = 8 * 1024;
/// As many header lines, those of equal names as well; more is answered 431. Each costs a place in a map, thirty times
/// what its four bytes ("a:", an end of line) may be. As in Apache (LimitRequestFields).
constexpr size_t kMaxHttpHeaders = 100;

/// The server's half of HTTP/1.1, as a pure core: bytes in, requests out, one at a time, however the bytes are cut
/// and however many requests the client sends ahead. Owned by one connection, the loop's thread. What a peer does
/// wrong ends in kError with the status to answer before the connection closes. It holds max_body at most, and of what
/// stands before the body 8 KiB of text in 100 headers and 100 pairs of the query: less than 64 KiB of memory.
///
///   const auto fed = parser.feed(bytes);
///   if (fed.progress == HttpRequestParser::Progress::kHead) parser.allow_body(limit_for(parser.head()));
///   if (fed.progress == HttpRequestParser::Progress::kComplete) answer(parser.take());
///   if (fed.progress == HttpRequestParser::Progress::kError) refuse(parser.error_status());
class HttpRequestParser {
 public:
  enum class Progress { kMore, kHead, kComplete, kError };
  struct Fed {
    Progress progress;
    size_t consumed;  // the rest, if any, is for the next feed()
  };

  explicit HttpRequestParser(size_t max_body);
  ~HttpRequestParser();
  HttpRequestParser(HttpRequestParser&&) noexcept;
  HttpRequestParser& operator=(HttpRequestParser&&) noexcept;

  /// Stops once when a request's headers are complete (kHead), and behind the first complete request. Until take(), and
  /// for ever after an error, it consumes nothing.
  Fed feed(std::span<const std::byte> bytes);

  /// The request without its body, and what was said of the body; from kHead to kComplete.
  const HttpRequest& head() const;
  bool has_body() const;
  /// The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;
  /// Instead of max_body, for this request; only after kHead. False: the body is said to be longer, and feed() will
  /// refuse it.
  bool allow_body(size_t max_body);

  /// The request, only after kComplete; the parser is ready for the next one.
  HttpRequest take();

  /// 400, 413, 431 or 505; only after kError.
  int error_status() const;

  /// Whether part of a request has come: silence is then the client's fault, not a connection kept alive.
  bool in_request() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace talkbeat
