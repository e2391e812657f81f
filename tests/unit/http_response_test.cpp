#include "base/http_response.h"

#include <gtest/gtest.h>

namespace talkbeat {
namespace {

TEST(HttpResponse, has_length_type_and_connection) {
  EXPECT_EQ(encode_http_response({200, "application/json", "{}", {{"X-Id", "7"}}}, true),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 2\r\n"
            "Connection: keep-alive\r\n"
            "X-Id: 7\r\n"
            "\r\n"
            "{}");
}

TEST(HttpResponse, head_has_the_length_and_no_body) {
  const std::string answer = encode_http_response({200, "text/plain", "hello", {}}, false, true);
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(HttpResponse, some_statuses_have_no_body) {
  EXPECT_EQ(encode_http_response({204, "text/plain", "hello", {}}, true),
            "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(encode_http_response({101, "", "", {{"Connection", "Upgrade"}}}, true),
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n");
}

TEST(HttpResponse, no_value_begins_a_new_line) {
  const std::string answer = encode_http_response({200, "a\r\nX-Evil: 1", "", {{"Y", "b\nc"}}}, true);
  EXPECT_NE(answer.find("Content-Type: a  X-Evil: 1\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Y: b c\r\n"), std::string::npos);
}

TEST(HttpResponse, an_error_names_itself) {
  EXPECT_EQ(http_error(413).body, "413 Payload Too Large\n");
}

}  // namespace
}  // namespace talkbeat
