#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talkbeat::login {

/// What is stored: pictures that every client shows, and nothing that could run.
enum class ImageType : uint8_t { kPng, kJpeg, kGif, kWebp, kBmp };

/// By what the content begins with, whatever its sender calls it; nullopt: none of these.
std::optional<ImageType> image_type_of(std::string_view content);

const char* extension_of(ImageType type);
const char* content_type_of(ImageType type);

/// An image is named by its content: the same picture sent twice is one file, and a name never gets another content.
/// The name is also what permits to fetch it; to guess one, one has to have the picture. Pure.
///
///   const ImageName name = ImageName::of(content, ImageType::kPng);
///   name.path();                                   // "g0/3f/9c….png", in the directory as in the URL
///   ImageName::from_url_path("/g0/3f/9c….png");    // the same again
struct ImageName {
  std::string hash;  ///< BLAKE2b-256, 64 hexadecimal digits
  ImageType type = ImageType::kPng;

  static ImageName of(std::string_view content, ImageType type);
  /// nullopt: names no image, and leads nowhere else. The thumbnail's size that TeamTalk's clients put behind an avatar
  /// ("….png_100x100.jpg") is taken off: the image itself is served.
  static std::optional<ImageName> from_url_path(std::string_view path);

  std::string path() const;
  /// Images are spread over so many directories, by the first byte of the hash.
  static constexpr int kBuckets = 256;
  int bucket() const;

  bool operator==(const ImageName&) const = default;
};

/// The directory of a bucket: "g0/3f".
std::string bucket_path(int bucket);

}  // namespace talkbeat::login
