#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace talkbeat::load {

/// What load processes and their parent tell each other.
enum class Word : char {
  // child to parent
  kOnline = 'o',   ///< so many clients are logged in (a number)
  kReady = 'r',    ///< all are; it waits for kGo
  kFailed = 'f',   ///< it cannot begin, and ends: text
  kSample = 's',   ///< encode(Sample)
  kFinding = 'x',  ///< something that must not be: text
  kTrouble = 't',  ///< something that went wrong on the way, and how often: "COUNT TEXT"
  kDone = 'd',     ///< that was all
  // parent to child
  kGo = 'g',    ///< begin at this time (CLOCK_MONOTONIC, nanoseconds, a number)
  kStop = 'q',  ///< come to an end now
};

struct Told {
  Word word = Word::kDone;
  std::string text;
};

/// One end of a socket between a load process and its parent: words in order, each with a text. Owns the descriptor.
///
///   channel.tell(Word::kGo, std::to_string(start_ns));
///   channel.receive();
///   while (const auto told = channel.next()) …
class ProcessChannel {
 public:
  explicit ProcessChannel(int fd) : fd_(fd) {}
  ~ProcessChannel();
  ProcessChannel(ProcessChannel&& other) noexcept;
  ProcessChannel& operator=(ProcessChannel&&) = delete;

  int fd() const { return fd_; }
  /// Waits where the other end reads slowly. False: the other end has gone.
  bool tell(Word word, std::string_view text = {});
  /// Takes in what has come; does not wait. False: the other end has gone.
  bool receive();
  /// The next whole word of what was received.
  std::optional<Told> next();

 private:
  int fd_;
  std::string received_;
};

}  // namespace talkbeat::load
