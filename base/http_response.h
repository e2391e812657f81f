#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace talkbeat {

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside those that the encoding adds
};

/// The response as it goes over the wire, with Content-Length and Connection. `head`: the request was HEAD, whose
/// answer has the headers of GET and no body. Line breaks in a header's value become spaces. Pure.
///
///   out.append(encode_http_response({404, "application/json", R"({"error":"no such page"})"}, request.keep_alive));
std::string encode_http_response(const HttpResponse& response, bool keep_alive, bool head = false);

/// Its beginning alone, for a body of `size` bytes that follows in pieces. Pure.
std::string encode_http_head(const HttpResponse& response, uint64_t size, bool keep_alive);

/// A refusal in one line: "413 Payload Too Large\n".
HttpResponse http_error(int status);

}  // namespace talkbeat
