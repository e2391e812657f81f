#pragma once

#include <cstdint>
#include <utility>
#include <variant>

namespace talkbeat {

/// Why the database did not do what it was asked.
enum class StoreError : uint8_t {
  kBusy,                ///< too much waits already: try again later
  kUnavailable,         ///< the database failed (disk full, file gone): nothing was changed
  kNameTaken,           ///< an account of that name exists; of what is imported or added with an id: that id is taken
  kUnknownUser,         ///< no such user, or a disabled one
  kNotMember,           ///< the user is not in that group
  kUnknownGroup,        ///< no such group
  kNotAllowed,          ///< the user may not do that
  kLimitReached,        ///< a group would get too large, a quota is used up
  kKeyInUse,            ///< the client_key belongs to another message of this sender
  kUnknownConversation  ///< these two have never exchanged a message
};

const char* to_string(StoreError error);

/// A value, or why there is none.
///
///   auto found = database.find_account("alice");
///   if (!found.ok()) return found.error();
///   use(found.value());
template <class T>
class [[nodiscard]] StoreResult {
 public:
  StoreResult(T value) : value_(std::move(value)) {}  // NOLINT
  StoreResult(StoreError error) : value_(error) {}    // NOLINT

  bool ok() const { return std::holds_alternative<T>(value_); }
  T& value() & { return std::get<T>(value_); }
  const T& value() const& { return std::get<T>(value_); }
  /// A copy of its own: `for (x : db.unread(user).value())` must not walk through what is gone already.
  T value() && { return std::move(std::get<T>(value_)); }
  StoreError error() const { return std::get<StoreError>(value_); }

 private:
  std::variant<T, StoreError> value_;
};

struct Done {};

}  // namespace talkbeat
