#include "login_server/multipart.h"

#include <gtest/gtest.h>

namespace talkbeat::login {
namespace {

constexpr std::string_view kBoundary = "----B7";

std::string part(std::string_view headers, std::string_view content) {
  return "------B7\r\n" + std::string(headers) + "\r\n\r\n" + std::string(content) + "\r\n";
}

std::string file(std::string_view content) {
  return part("Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png", content);
}

const std::string kEnd = "------B7--\r\n";

TEST(Multipart, boundaries_of_team_talks_clients_are_found) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=---------7d4a6d158c9"), "---------7d4a6d158c9");
  EXPECT_EQ(multipart_boundary("multipart/form-data;boundary=x"), "x");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b\""), "a b");
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=WebKitFormBoundary8r;"), "WebKitFormBoundary8r");
}

TEST(Multipart, what_names_no_boundary_is_refused) {
  for (const std::string_view text :
       {"", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/mixed; boundary=x", "image/png", "multipart/form-data; boundary=a\r\nb", "text/html; boundary=x",
        "multipart/form-data; boundary=\"unclosed", "multipart/form-data; boundary=\"x\" y", "multipart/form-data; x",
        "multipart/form-data; boundary=\"blank \"", "multipart/form-data; boundary=<x>"}) {
    EXPECT_FALSE(multipart_boundary(text)) << text;
  }
  EXPECT_TRUE(multipart_boundary("multipart/form-data; boundary=" + std::string(70, 'x')));
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'x')));
}

TEST(Multipart, one_file) {
  const std::string content("bytes\0of any kind\r\n--x\r\n------B", 31);
  const std::string body = file(content) + kEnd;
  const auto parts = parse_multipart(body, kBoundary);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 1U);
  EXPECT_EQ(parts->at(0).name, "file");
  EXPECT_EQ(parts->at(0).filename, "a.png");
  EXPECT_EQ(parts->at(0).content, content);
}

TEST(Multipart, fields_before_and_behind_the_file) {
  const std::string body = part("Content-Disposition: form-data; name=\"type\"", "im_image") + file("x") +
                           part("content-disposition: form-data; name=last", "") + kEnd;
  const auto parts = parse_multipart(body, kBoundary);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_FALSE(parts->at(0).filename);
  EXPECT_EQ(parts->at(0).content, "im_image");
  EXPECT_EQ(parts->at(1).content, "x");
  EXPECT_EQ(parts->at(2).name, "last");
  EXPECT_EQ(parts->at(2).content, "");
}

// As the clients for Android, Windows and iOS write it.
TEST(Multipart, of_team_talks_clients) {
  const std::string android =
      "-----------7d4a6d158c9\r\nContent-Disposition: form-data;name=\"file0\";filename=\"1.jpg\"\r\n"
      "Content-Type:application/octet-stream\r\n\r\nJPEG\r\n\r\n-----------7d4a6d158c9--\r\n";
  const auto of_android = parse_multipart(android, "---------7d4a6d158c9");
  ASSERT_TRUE(of_android);
  EXPECT_EQ(of_android->at(0).content, "JPEG\r\n");
  EXPECT_EQ(of_android->at(0).filename, "1.jpg");
  const std::string semicolon =
      "--WebKitFormBoundary8r\r\nContent-Disposition: form-data; name=\"file\"; filename=\"1.audio\";\r\n"
      "Content-Type: image/jpg\r\n\r\nJPEG\r\n--WebKitFormBoundary8r--\r\n\r\n";
  const auto of_windows = parse_multipart(semicolon, "WebKitFormBoundary8r");
  ASSERT_TRUE(of_windows);
  EXPECT_EQ(of_windows->at(0).content, "JPEG");
  const std::string ios =
      "--Boundary+0\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nim_image\r\n--Boundary+0\r\n"
      "Content-Disposition: form-data; name=\"image\"; filename=\"image.png_1x1.png\"\r\n"
      "Content-Type: image/jpeg\r\n\r\nJPEG\r\n--Boundary+0--\r\n";
  const auto of_ios = parse_multipart(ios, "Boundary+0");
  ASSERT_TRUE(of_ios);
  EXPECT_EQ(of_ios->at(1).content, "JPEG");
}

TEST(Multipart, cut_off_anywhere_it_is_refused) {
  const std::string body = part("Content-Disposition: form-data; name=\"type\"", "x") + file("content") + "------B7--";
  ASSERT_TRUE(parse_multipart(body, kBoundary));
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(parse_multipart(std::string_view(body).substr(0, size), kBoundary)) << size;
  }
}

TEST(Multipart, every_byte_may_be_wrong_without_harm) {
  const std::string body = file("content") + kEnd;
  for (size_t i = 0; i < body.size(); ++i) {
    for (const char odd : {'\0', '\r', '"', ';', '-', '\xff'}) {
      std::string broken = body;
      broken[i] = odd;
      const auto parts = parse_multipart(broken, kBoundary);
      EXPECT_TRUE(!parts || parts->size() <= 2U);
    }
  }
}

TEST(Multipart, what_is_no_form_is_refused) {
  EXPECT_FALSE(parse_multipart("", kBoundary));
  EXPECT_FALSE(parse_multipart("\x89PNG\r\n\x1a\n", kBoundary));
  EXPECT_FALSE(parse_multipart("------B8\r\n" + file("x") + kEnd, kBoundary)) << "another boundary";
  EXPECT_FALSE(parse_multipart("preamble\r\n" + file("x") + kEnd, kBoundary));
  EXPECT_FALSE(parse_multipart(part("Content-Type: image/png", "x") + kEnd, kBoundary)) << "no disposition";
  EXPECT_FALSE(parse_multipart(part("Content-Disposition: attachment; filename=x", "x") + kEnd, kBoundary));
  EXPECT_FALSE(parse_multipart(part("Content-Disposition: form-data; filename=\"x", "x") + kEnd, kBoundary));
  EXPECT_FALSE(parse_multipart(part("no colon", "x") + kEnd, kBoundary));
  EXPECT_FALSE(parse_multipart(
      part("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "x") + kEnd, kBoundary))
      << "two dispositions";
}

TEST(Multipart, its_headers_and_parts_are_bounded) {
  const std::string disposition = "Content-Disposition: form-data; name=a\r\nX: ";
  EXPECT_TRUE(parse_multipart(part(disposition + std::string(4'000, 'x'), "x") + kEnd, kBoundary));
  EXPECT_FALSE(parse_multipart(part(disposition + std::string(4'100, 'x'), "x") + kEnd, kBoundary));
  std::string many;
  for (size_t i = 0; i < kMaxFormParts; ++i) many += file("x");
  EXPECT_TRUE(parse_multipart(many + kEnd, kBoundary));
  EXPECT_FALSE(parse_multipart(many + file("x") + kEnd, kBoundary));
}

TEST(Multipart, quoted_names_may_hold_anything) {
  const std::string body =
      part(R"(Content-Disposition: form-data; filename="a\"; name=\"b;c.png"; name="real")", "x") + kEnd;
  const auto parts = parse_multipart(body, kBoundary);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->at(0).name, "real");
  EXPECT_EQ(parts->at(0).filename, R"(a\"; name=\"b;c.png)");
}

}  // namespace
}  // namespace talkbeat::login
