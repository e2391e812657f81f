#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace talkbeat::scenario {

/// A variable of the environment of this process, and of those that it starts, from here to the end of the scope.
///
///   const Environment lean("ASAN_OPTIONS", "quarantine_size_mb=1");
class Environment {
 public:
  Environment(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Environment() { before_ ? setenv(name_.c_str(), before_->c_str(), 1) : unsetenv(name_.c_str()); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::string name_;
  std::optional<std::string> before_;
};

}  // namespace talkbeat::scenario
