#include "tests/fuzz/http_world.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace talkbeat::fuzz {

namespace {

constexpr std::string_view kVersion = "HTTP/1.1 ";
constexpr std::string_view kEndOfHead = "\r\n\r\n";

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

void check_status_line(std::string_view line) {
  CHECK(line.starts_with(kVersion) && line.size() > kVersion.size() + 4);
  const int status = std::atoi(std::string(line.substr(kVersion.size(), 3)).c_str());
  CHECK(status >= 100 && status < 600 && line[kVersion.size() + 3] == ' ');
}

// Of a head that begins with its status line.
std::string_view header(std::string_view head, std::string_view name) {
  const size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return {};
  const size_t begin = at + 2 + name.size() + 2;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

void check_head(std::string_view head) {
  check_status_line(head.substr(0, head.find("\r\n")));
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    CHECK(printable(line));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
  }
}

}  // namespace

void AnswerCheck::hear(std::string_view bytes) {
  unread_ += bytes;
  if (lost_) {
    const size_t known = std::min(unread_.size(), kVersion.size());
    CHECK(begun_ || unread_.starts_with(kVersion.substr(0, known)));
    begun_ = true;
    unread_.clear();
    return;
  }
  while (take_one()) ++answers_;
}

bool AnswerCheck::take_one() {
  const size_t end = unread_.find(kEndOfHead);
  if (end == std::string::npos) return false;
  CHECK(!asked_.empty());
  const std::string_view head = std::string_view(unread_).substr(0, end);
  check_head(head);
  const auto length = static_cast<size_t>(std::atoll(std::string(header(head, "Content-Length")).c_str()));
  const size_t size = end + kEndOfHead.size() + (asked_.front() ? 0 : length);
  if (unread_.size() < size) return false;
  const bool json = header(head, "Content-Type") == "application/json" && !asked_.front();
  CHECK(!json || nlohmann::json::accept(unread_.substr(end + kEndOfHead.size(), length)));
  begun_ = true;
  asked_.pop_front();
  unread_.erase(0, size);
  return true;
}

HttpWorld::Request HttpWorld::request(std::string_view method, std::string_view target, std::string_view headers,
                                      std::string_view body) {
  Request request{method, std::string(method) + " "};
  std::ranges::copy_if(target, std::back_inserter(request.text), [](char c) { return c > 0x20 && c < 0x7f; });
  request.text.append(" HTTP/1.1\r\nHost: h\r\n").append(headers);
  if (!body.empty()) request.text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request.text.append("\r\n").append(body);
  return request;
}

void HttpWorld::say(uint8_t number, uint16_t command, const std::string& body) {
  const Request request = request_of(command, body);
  connect(number);
  checks_[number].asked(request.method);
  deliver(number, request.text);
}

}  // namespace talkbeat::fuzz
