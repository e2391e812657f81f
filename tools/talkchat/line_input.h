#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/event_loop.h"

namespace talkbeat {

/// Lines from stdin, on the event loop. From a terminal with editing, history and a prompt (libedit); from a pipe or a
/// file as they are. One a process, since libedit is. The loop's thread only.
///
///   LineInput input(loop, [&](std::string line) { … }, [&] { … no more will come … });
///   input.start("alice> ");
///   input.print("12:34 bob: hi");   // above the line that is being typed
class LineInput final : private ReadyHandler {
 public:
  using LineHandler = std::function<void(std::string line)>;
  /// What may stand where the last word of `line` begins with what was typed of it. Empty: file names, where `files`
  /// was set, else nothing.
  using Completer = std::function<std::vector<std::string>(const std::string& line, bool& files)>;

  LineInput(EventLoop& loop, LineHandler on_line, std::function<void()> on_end);
  /// Gives the terminal back as it was.
  ~LineInput();

  /// Asked when the person types a tab.
  void set_completer(Completer completer) { completer_ = std::move(completer); }
  void start(const std::string& prompt);
  void stop();
  void set_prompt(const std::string& prompt);
  /// A whole line of output, which leaves what is being typed intact. `text` is printable, colours apart.
  void print(const std::string& text);
  bool interactive() const { return interactive_; }
  /// The terminal has another size.
  void resized();
  void interrupt();

 private:
  void on_ready(bool readable, bool writable) override;
  void begin_editing();
  char** complete(const char* word, int end);
  void take_edited(char* line);
  void read_plain();
  void read_file();
  void take_plain(bool at_end);
  void erase_typed();

  EventLoop& loop_;
  LineHandler on_line_;
  std::function<void()> on_end_;
  Completer completer_;
  std::string prompt_;
  std::string history_path_;
  std::string plain_;  // read from a pipe, not yet a line
  WatchId watch_{};
  bool interactive_;
  bool watching_ = false;
  bool ended_ = false;    // of the pipe or file
  bool editing_ = false;  // the prompt is on the screen
};

}  // namespace talkbeat
