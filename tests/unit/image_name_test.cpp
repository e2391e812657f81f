#include "login_server/image_name.h"

#include <gtest/gtest.h>

#include <array>

namespace talkbeat::login {
namespace {

using namespace std::string_view_literals;

constexpr std::array kAllTypes{ImageType::kPng, ImageType::kJpeg, ImageType::kGif, ImageType::kWebp, ImageType::kBmp};

std::string bmp() {
  std::string content("BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0"sv);
  content.resize(64, '\0');
  return content;
}

TEST(ImageName, the_content_tells_the_type) {
  EXPECT_EQ(image_type_of("\x89PNG\r\n\x1a\n\0\0"sv), ImageType::kPng);
  EXPECT_EQ(image_type_of("\xff\xd8\xff\xe0 JFIF"sv), ImageType::kJpeg);
  EXPECT_EQ(image_type_of("GIF87a.."sv), ImageType::kGif);
  EXPECT_EQ(image_type_of("GIF89a.."sv), ImageType::kGif);
  EXPECT_EQ(image_type_of("RIFF\1\2\3\4WEBPVP8 "sv), ImageType::kWebp);
  EXPECT_EQ(image_type_of(bmp()), ImageType::kBmp);
}

TEST(ImageName, nothing_else_is_an_image) {
  for (const std::string_view text :
       {""sv, "\x89PNG"sv, "<html><script>"sv, "<svg xmlns='http://www.w3.org/2000/svg'/>"sv, "GIF88a"sv, "%PDF-1.4"sv,
        "RIFF\1\2\3\4WAVE"sv, "RIFF"sv, "BM"sv, "BMW is a car, and this a text of some length"sv, "\xff\xd8"sv,
        "PK\3\4"sv,
        "\x7f"
        "ELF"sv,
        " \x89PNG\r\n\x1a\n"sv}) {
    EXPECT_FALSE(image_type_of(text)) << text;
  }
  for (size_t size = 0; size < 26; ++size) EXPECT_FALSE(image_type_of(bmp().substr(0, size))) << size;
}

TEST(ImageName, content_has_one_name_and_no_other_has_it) {
  const ImageName name = ImageName::of("content", ImageType::kPng);
  EXPECT_EQ(name, ImageName::of("content", ImageType::kPng));
  EXPECT_NE(name.hash, ImageName::of("Content", ImageType::kPng).hash);
  EXPECT_EQ(name.hash.size(), 64U);
  EXPECT_EQ(name.hash.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(ImageName, its_path_leads_back_to_it) {
  for (const ImageType type : kAllTypes) {
    const ImageName name = ImageName::of(extension_of(type), type);
    EXPECT_EQ(ImageName::from_url_path("/" + name.path()), name);
    EXPECT_TRUE(name.path().starts_with(bucket_path(name.bucket()) + "/"));
    EXPECT_TRUE(std::string(content_type_of(type)).starts_with("image/"));
  }
}

TEST(ImageName, a_thumbnails_size_is_taken_off) {
  const ImageName name = ImageName::of("x", ImageType::kPng);
  for (const char* suffix : {"_100x100.jpg", "_1x1.jpg", "_9999x9999.jpg", "_100x100.png"}) {
    EXPECT_EQ(ImageName::from_url_path("/" + name.path() + suffix), name) << suffix;
  }
  for (const char* suffix : {"_", "_100x100", "_100.jpg", "_x.jpg", "_100x.jpg", "_x100.jpg", "_12345x1.jpg",
                             "_1x1.html", "_1x1.jpg/", "_1x1.jpg_1x1.jpg", "x", "_-1x1.jpg"}) {
    EXPECT_FALSE(ImageName::from_url_path("/" + name.path() + suffix)) << suffix;
  }
}

TEST(ImageName, no_other_path_names_anything) {
  const std::string good = "/" + ImageName::of("x", ImageType::kPng).path();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(ImageName::from_url_path(good.substr(0, size))) << size;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    std::string other = good;
    for (const char odd : {'.', '/', 'G', '\0', '%', '~'}) {
      if (good[i] == odd) continue;
      other[i] = odd;
      EXPECT_FALSE(ImageName::from_url_path(other)) << other;
    }
  }
  for (const char* path : {"/", "/g0/", "/g0/../../etc/passwd", "/g0/ab/../../../etc/passwd", "/tmp/x", "/g1/ab/cd.png",
                           "/g0/00/../tmp/half-written.png"}) {
    EXPECT_FALSE(ImageName::from_url_path(path)) << path;
  }
  EXPECT_FALSE(ImageName::from_url_path("/g0/ab/" + std::string(62, '.') + ".png"));
  EXPECT_FALSE(ImageName::from_url_path("/g0/AB/" + std::string(62, 'A') + ".png"));
}

}  // namespace
}  // namespace talkbeat::login
