#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace talkbeat {

/// What went wrong while something was set up, in words for the person who reads it.
struct Error {
  std::string message;
};

/// The outcome of setting something up (a peer's fault is a CloseReason, our own bug a CHECK).
///
///   Status status = load(path);
///   if (!status.ok()) return fail(status.message());
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT: `return Error{…}` is the point

  bool ok() const { return !error_.has_value(); }
  /// Only where !ok().
  const std::string& message() const { return error_->message; }

 private:
  std::optional<Error> error_;
};

/// A value, or why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}      // NOLINT
  Result(Error error) : value_(std::move(error)) {}  // NOLINT

  bool ok() const { return std::holds_alternative<T>(value_); }
  /// Only where ok().
  T& value() { return std::get<T>(value_); }
  const T& value() const { return std::get<T>(value_); }
  /// Only where !ok().
  const std::string& message() const { return std::get<Error>(value_).message; }

 private:
  std::variant<T, Error> value_;
};

}  // namespace talkbeat
