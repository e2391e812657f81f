#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace talkbeat::login {

/// One field of a form; all are views into the body.
struct FormPart {
  std::string_view name;
  std::optional<std::string_view> filename;  ///< there: it is a file
  std::string_view content;
};

/// No form that a person fills in has more; what does is refused.
constexpr size_t kMaxFormParts = 16;
/// All header lines of one part.
constexpr size_t kMaxFormPartHeaderBytes = 4 * 1024;

/// The boundary that a Content-Type header of multipart/form-data names; nullopt for any other one.
std::optional<std::string> multipart_boundary(std::string_view content_type);

/// The parts of a body of multipart/form-data (RFC 7578), without copying any; nullopt where it is none, or is cut
/// off. Strict about what delimits, so that nobody sees other parts than we do, and lenient about what TeamTalk's
/// clients do: no blank behind a colon or semicolon, a semicolon at the end, anything behind the last delimiter. Pure.
///
///   const auto boundary = multipart_boundary(request.headers.at("content-type"));
///   const auto parts = parse_multipart(request.body, *boundary);
///   if (parts && parts->at(0).filename) store(parts->at(0).content);
std::optional<std::vector<FormPart>> parse_multipart(std::string_view body, std::string_view boundary);

}  // namespace talkbeat::login
