#include "base/http_response.h"

#include <http_parser.h>

#include <algorithm>

namespace talkbeat {
namespace {

std::string status_text(int status) {
  return std::to_string(status) + " " + http_status_str(static_cast<http_status>(status));
}

void append_header(std::string& out, const std::string& name, std::string value) {
  std::replace_if(
      value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  out += name + ": " + value + "\r\n";
}

/// Answers with these have no body by definition, and must not speak of its length.
bool is_bodiless(int status) {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

std::string encode_http_head(const HttpResponse& response, uint64_t size, bool keep_alive) {
  std::string out = "HTTP/1.1 " + status_text(response.status) + "\r\n";
  if (!is_bodiless(response.status)) {
    append_header(out, "Content-Type", response.content_type);
    append_header(out, "Content-Length", std::to_string(size));
  }
  // 101 is followed by another protocol, and brings its own Connection header.
  if (response.status != 101) append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  out += "\r\n";
  return out;
}

std::string encode_http_response(const HttpResponse& response, bool keep_alive, bool head) {
  std::string out = encode_http_head(response, response.body.size(), keep_alive);
  if (!head && !is_bodiless(response.status)) out += response.body;
  return out;
}

HttpResponse http_error(int status) {
  HttpResponse response;
  response.status = status;
  response.body = status_text(status) + "\n";
  return response;
}

}  // namespace talkbeat
