#pragma once

#include <array>
#include <deque>
#include <string>
#include <string_view>

#include "tests/fuzz/script_world.h"

namespace talkbeat::fuzz {

/// Reads answers as a careful client does: status line, headers without a stray control character, as long a body as
/// Content-Length says, JSON where it says JSON. Fails by CHECK. A pure core.
///
///   AnswerCheck check;
///   check.asked("GET");
///   check.hear(bytes);
class AnswerCheck {
 public:
  /// One more answer is to come.
  void asked(std::string_view method) { asked_.push_back(method == "HEAD"); }
  /// It is no longer known what has been asked: only that each of its words begins as an answer does.
  void lose_track() { lost_ = true; }
  void hear(std::string_view bytes);
  size_t answers() const { return answers_; }

 private:
  bool take_one();

  std::string unread_;
  std::deque<bool> asked_;  // whether without a body
  bool lost_ = false;
  bool begun_ = false;
  size_t answers_ = 0;
};

/// A ScriptWorld whose peers speak HTTP. A kPdu step is a whole request, which the target makes of its number and its
/// body; kRaw ones are parts of one.
class HttpWorld : public ScriptWorld {
 protected:
  struct Request {
    std::string_view method;
    std::string text;  // all of it
  };
  virtual Request request_of(uint16_t number, const std::string& body) = 0;

  /// A request with a right Content-Length. `target`: what is no printable character in it is left out.
  static Request request(std::string_view method, std::string_view target, std::string_view headers,
                         std::string_view body);
  void raw(uint8_t number) override { checks_[number].lose_track(); }

 private:
  void opened(uint8_t number) override { checks_[number] = {}; }
  void say(uint8_t number, uint16_t command, const std::string& body) override;
  void hear(uint8_t number, std::string_view bytes) override { checks_[number].hear(bytes); }

  std::array<AnswerCheck, kConnections> checks_;
};

}  // namespace talkbeat::fuzz
