#include "login_server/image_name.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace talkbeat::login {

namespace {

constexpr std::array kTypes{ImageType::kPng, ImageType::kJpeg, ImageType::kGif, ImageType::kWebp, ImageType::kBmp};
constexpr std::string_view kRoot = "/g0/";
constexpr size_t kHashBytes = 32;
constexpr size_t kHashDigits = 2 * kHashBytes;
constexpr size_t kBucketDigits = 2;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

uint32_t little_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

// "BM" alone begins many a text. Behind it: the size, four bytes of 0, the offset of the pixels, the size of the second
// header, which tells the version of the format.
bool is_bmp(std::string_view content) {
  constexpr std::array<uint32_t, 7> kHeaderSizes{12, 40, 52, 56, 64, 108, 124};
  if (!content.starts_with("BM") || content.size() < 26) return false;
  return little_endian(content.substr(6)) == 0 && little_endian(content.substr(10)) < content.size() &&
         std::ranges::find(kHeaderSizes, little_endian(content.substr(14))) != kHeaderSizes.end();
}

/// "_100x100.jpg"
bool is_thumbnail_suffix(std::string_view text) {
  const auto take_number = [&text] {
    const size_t end =
        std::min(static_cast<size_t>(std::ranges::find_if_not(text, is_digit) - text.begin()), size_t{4});
    text.remove_prefix(end);
    return end > 0;
  };
  if (!text.starts_with('_')) return text.empty();
  text.remove_prefix(1);
  if (!take_number() || !text.starts_with('x')) return false;
  text.remove_prefix(1);
  return take_number() && (text == ".jpg" || text == ".png");
}

}  // namespace

std::optional<ImageType> image_type_of(std::string_view content) {
  constexpr std::string_view kPngMagic("\x89PNG\r\n\x1a\n", 8);
  if (content.starts_with(kPngMagic)) return ImageType::kPng;
  if (content.starts_with("\xff\xd8\xff")) return ImageType::kJpeg;
  if (content.starts_with("GIF87a") || content.starts_with("GIF89a")) return ImageType::kGif;
  if (content.starts_with("RIFF") && content.size() >= 12 && content.substr(8, 4) == "WEBP") return ImageType::kWebp;
  if (is_bmp(content)) return ImageType::kBmp;
  return std::nullopt;
}

const char* extension_of(ImageType type) {
  switch (type) {
    case ImageType::kPng:
      return "png";
    case ImageType::kJpeg:
      return "jpg";
    case ImageType::kGif:
      return "gif";
    case ImageType::kWebp:
      return "webp";
    case ImageType::kBmp:
      return "bmp";
  }
  return "";
}

const char* content_type_of(ImageType type) {
  switch (type) {
    case ImageType::kPng:
      return "image/png";
    case ImageType::kJpeg:
      return "image/jpeg";
    case ImageType::kGif:
      return "image/gif";
    case ImageType::kWebp:
      return "image/webp";
    case ImageType::kBmp:
      return "image/bmp";
  }
  return "";
}

ImageName ImageName::of(std::string_view content, ImageType type) {
  std::array<unsigned char, kHashBytes> hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(content.data()), content.size(),
                     nullptr, 0);
  std::string digits(kHashDigits + 1, '\0');
  sodium_bin2hex(digits.data(), digits.size(), hash.data(), hash.size());
  digits.pop_back();
  return {std::move(digits), type};
}

std::optional<ImageName> ImageName::from_url_path(std::string_view path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  path.remove_prefix(kRoot.size());
  if (path.size() < kHashDigits + 2 || path[kBucketDigits] != '/') return std::nullopt;
  std::string hash(path.substr(0, kBucketDigits));
  hash += path.substr(kBucketDigits + 1, kHashDigits - kBucketDigits);
  path.remove_prefix(kHashDigits + 1);
  if (!std::ranges::all_of(hash, is_hex) || !path.starts_with('.')) return std::nullopt;
  path.remove_prefix(1);
  for (const ImageType type : kTypes) {
    const std::string_view extension = extension_of(type);
    if (path.starts_with(extension) && is_thumbnail_suffix(path.substr(extension.size()))) {
      return ImageName{std::move(hash), type};
    }
  }
  return std::nullopt;
}

std::string ImageName::path() const {
  return bucket_path(bucket()) + "/" + hash.substr(kBucketDigits) + "." + extension_of(type);
}

int ImageName::bucket() const {
  return static_cast<int>(std::stoul(hash.substr(0, kBucketDigits), nullptr, 16));
}

std::string bucket_path(int bucket) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "g0/%02x", static_cast<unsigned>(bucket) & 0xffu);
  return text.data();
}

}  // namespace talkbeat::login
