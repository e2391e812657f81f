#include "base/http_request.h"

#include <http_parser.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/address.h"
#include "base/check.h"
#include "base/url_decoding.h"

namespace talkbeat {
namespace {

constexpr int kBadRequest = 400;
constexpr int kPayloadTooLarge = 413;
constexpr int kHeadersTooLarge = 431;
constexpr int kVersionNotSupported = 505;

std::string_view url_part(std::string_view url, const http_parser_url& parts, http_parser_url_fields field) {
  if ((parts.field_set & (1u << field)) == 0) return {};
  return url.substr(parts.field_data[field].off, parts.field_data[field].len);
}

bool split_url(const std::string& url, HttpRequest& request) {
  http_parser_url parts;
  http_parser_url_init(&parts);
  const bool is_connect = request.method == "CONNECT";
  if (http_parser_parse_url(url.data(), url.size(), is_connect, &parts) != 0) return false;
  const auto path = url_decode(url_part(url, parts, UF_PATH));
  auto query = parse_query(url_part(url, parts, UF_QUERY));
  if (!path || !query) return false;
  request.path = path->empty() ? "/" : *path;
  request.query = std::move(*query);
  return true;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

}  // namespace

/// What http_parser's callbacks fill. They return 0 to go on; anything else ends in an error with `status`.
struct HttpRequestParser::State {
  explicit State(size_t body_limit) : default_max_body(body_limit) { begin(); }

  void begin() {
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = this;
    request = {};
    header_bytes = 0;
    header_count = 0;
    max_body = default_max_body;
    headers_done = false;
    at_head = false;
    complete = false;
  }

  static State& of(http_parser* p);
  static http_parser_settings callbacks();
  size_t execute(std::string_view bytes);
  bool declared_length(uint64_t& length) const;
  void begin_body();
  int fail(int with_status) {
    status = with_status;
    return -1;
  }
  void keep_header();
  bool wants_other_protocol() const;
  int on_name(std::string_view part);
  int on_value(std::string_view part);
  int on_headers_complete();
  int on_body(std::string_view part);
  int on_message_complete();

  http_parser parser;
  HttpRequest request;
  std::string url;
  std::string name;  // of the header that is being read; both come in pieces
  std::string value;
  bool in_value = false;
  size_t default_max_body;
  size_t max_body = 0;
  size_t header_bytes = 0;
  size_t header_count = 0;
  bool headers_done = false;
  bool at_head = false;  // told kHead, and not fed since
  bool complete = false;
  int status = 0;  // 0: no error
};

void HttpRequestParser::State::keep_header() {
  if (!in_value) return;
  if (++header_count <= kMaxHttpHeaders) {
    std::string& kept = request.headers[name];
    kept += (kept.empty() ? "" : ", ") + value;
  }
  name.clear();
  value.clear();
  in_value = false;
}

int HttpRequestParser::State::on_name(std::string_view part) {
  if (headers_done) return 0;  // trailers behind a chunked body: nobody asks for them
  keep_header();
  // Debian's http_parser is built lenient; "Content-Length : 5" is how requests are smuggled past a proxy.
  if (part.find(' ') != std::string_view::npos) return fail(kBadRequest);
  std::transform(part.begin(), part.end(), std::back_inserter(name), lower);
  return 0;
}

int HttpRequestParser::State::on_value(std::string_view part) {
  if (headers_done) return 0;
  value += part;
  in_value = true;
  return 0;
}

int HttpRequestParser::State::on_headers_complete() {
  keep_header();
  headers_done = true;
  // Not before: how much of a malformed line the parser reads in one piece would decide between this and 400.
  if (header_count > kMaxHttpHeaders) return fail(kHeadersTooLarge);
  if (parser.http_major != 1) return fail(kVersionNotSupported);
  request.method = http_method_str(static_cast<http_method>(parser.method));
  request.keep_alive = http_should_keep_alive(&parser) != 0;
  if (!split_url(url, request)) return fail(kBadRequest);
  for (std::string* text : {&url, &name, &value}) std::string().swap(*text);  // clear() would keep the memory
  parser.upgrade = wants_other_protocol() ? 1 : 0;  // where it is 1, nothing behind the headers is read as HTTP
  at_head = true;
  http_parser_pause(&parser, 1);
  return 0;
}

// An offer to go on in another protocol may be passed over (RFC 9110, 7.8): Java's HttpClient and curl --http2 offer
// h2c with ordinary requests. Who asks for a tunnel or a WebSocket has nothing to say in HTTP.
bool HttpRequestParser::State::wants_other_protocol() const {
  if (parser.method == HTTP_CONNECT) return true;
  const auto offered = request.headers.find("upgrade");
  return parser.upgrade != 0 && offered != request.headers.end() && in_lower_case(offered->second) == "websocket";
}

bool HttpRequestParser::State::declared_length(uint64_t& length) const {
  constexpr uint64_t kNotGiven = UINT64_MAX;
  length = parser.content_length;
  return length != kNotGiven;
}

// A body of a fitting length gets its memory once; what never comes is never touched.
void HttpRequestParser::State::begin_body() {
  at_head = false;
  http_parser_pause(&parser, 0);
  uint64_t length = 0;
  if (!declared_length(length)) return;
  if (length > max_body) {
    status = kPayloadTooLarge;
  } else {
    request.body.reserve(length);
  }
}

int HttpRequestParser::State::on_body(std::string_view part) {
  if (part.size() > max_body - request.body.size()) return fail(kPayloadTooLarge);
  request.body += part;
  return 0;
}

int HttpRequestParser::State::on_message_complete() {
  complete = true;
  request.upgrade = parser.upgrade != 0;
  // What the client has sent ahead is left for the next feed().
  http_parser_pause(&parser, 1);
  return 0;
}

HttpRequestParser::State& HttpRequestParser::State::of(http_parser* p) {
  return *static_cast<State*>(p->data);
}

http_parser_settings HttpRequestParser::State::callbacks() {
  http_parser_settings result;
  http_parser_settings_init(&result);
  result.on_url = [](http_parser* p, const char* at, size_t size) {
    of(p).url.append(at, size);
    return 0;
  };
  result.on_header_field = [](http_parser* p, const char* at, size_t size) { return of(p).on_name({at, size}); };
  result.on_header_value = [](http_parser* p, const char* at, size_t size) { return of(p).on_value({at, size}); };
  result.on_body = [](http_parser* p, const char* at, size_t size) { return of(p).on_body({at, size}); };
  result.on_headers_complete = [](http_parser* p) { return of(p).on_headers_complete(); };
  result.on_message_complete = [](http_parser* p) { return of(p).on_message_complete(); };
  return result;
}

size_t HttpRequestParser::State::execute(std::string_view bytes) {
  static const http_parser_settings kCallbacks = callbacks();
  const size_t consumed = http_parser_execute(&parser, &kCallbacks, bytes.data(), bytes.size());
  const auto error = static_cast<http_errno>(parser.http_errno);
  const bool stopped_by_us = error == HPE_PAUSED && (at_head || complete);
  if (error == HPE_OK || stopped_by_us || status != 0) return consumed;
  status = error == HPE_HEADER_OVERFLOW ? kHeadersTooLarge : kBadRequest;
  return consumed;
}

HttpRequestParser::HttpRequestParser(size_t max_body) : state_(std::make_unique<State>(max_body)) {}
HttpRequestParser::~HttpRequestParser() = default;
HttpRequestParser::HttpRequestParser(HttpRequestParser&&) noexcept = default;
HttpRequestParser& HttpRequestParser::operator=(HttpRequestParser&&) noexcept = default;

HttpRequestParser::Fed HttpRequestParser::feed(std::span<const std::byte> bytes) {
  State& state = *state_;
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  size_t consumed = 0;
  if (!rest.empty() && state.at_head) state.begin_body();
  while (!rest.empty() && !state.at_head && !state.complete && state.status == 0) {
    // No more than the header may still have is handed over at once, so that the bound is exact.
    const size_t room = state.headers_done ? rest.size() : kMaxHttpHeaderBytes - state.header_bytes;
    if (room == 0) {
      state.status = kHeadersTooLarge;
      break;
    }
    const size_t taken = state.execute(rest.substr(0, room));
    state.header_bytes += state.headers_done ? 0 : taken;
    consumed += taken;
    rest.remove_prefix(taken);
  }
  if (state.status != 0) return {Progress::kError, consumed};
  if (state.complete) return {Progress::kComplete, consumed};
  return {state.at_head ? Progress::kHead : Progress::kMore, consumed};
}

const HttpRequest& HttpRequestParser::head() const {
  CHECK(state_->headers_done);
  return state_->request;
}

bool HttpRequestParser::has_body() const {
  uint64_t length = 0;
  const bool chunked = (state_->parser.flags & F_CHUNKED) != 0;
  return chunked || (state_->declared_length(length) && length > 0);
}

bool HttpRequestParser::expects_continue() const {
  const auto expected = head().headers.find("expect");
  if (expected == head().headers.end() || state_->parser.http_minor == 0) return false;
  return in_lower_case(expected->second) == "100-continue" && has_body();
}

bool HttpRequestParser::allow_body(size_t max_body) {
  CHECK(state_->at_head);
  state_->max_body = max_body;
  uint64_t length = 0;
  return !state_->declared_length(length) || length <= max_body;
}

HttpRequest HttpRequestParser::take() {
  CHECK(state_->complete);
  HttpRequest request = std::move(state_->request);
  state_->begin();
  return request;
}

int HttpRequestParser::error_status() const {
  CHECK(state_->status != 0);
  return state_->status;
}

bool HttpRequestParser::in_request() const {
  return state_->header_bytes > 0 || state_->headers_done;
}

bool is_local(const HttpRequest& request, std::string_view peer_ip) {
  constexpr std::array kAddedByProxies{"forwarded", "x-forwarded-for", "x-real-ip", "via"};
  return is_loopback(peer_ip) &&
         std::ranges::none_of(kAddedByProxies, [&](const char* name) { return request.headers.contains(name); });
}

}  // namespace talkbeat
