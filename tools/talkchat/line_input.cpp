#include "tools/talkchat/line_input.h"

#include <editline/readline.h>
#include <fcntl.h>
#include <langinfo.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <utility>

#include "base/check.h"
#include "tools/client/terminal_text.h"

namespace talkbeat {

namespace {

constexpr int kHistoryLines = 1'000;
constexpr size_t kMaxPlainLine = 64 * 1024;

// libedit calls a plain function: this is where it finds the object.
std::function<void(char*)> edited_line;
std::function<char**(const char* word, int end)> completions;
std::vector<std::string> candidates;  // of the word that is being completed

char* next_candidate(const char* /*word*/, int number) {
  const auto index = static_cast<size_t>(number);
  return index < candidates.size() ? ::strdup(candidates[index].c_str()) : nullptr;
}

std::string history_path() {
  if (const char* path = std::getenv("TALKCHAT_HISTORY")) return path;
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.talkchat_history";
}

void use_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

// What was typed is nobody else's business.
void save_history(const std::string& path) {
  if (path.empty()) return;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return;  // a conversation works without a history
  ::close(fd);
  write_history(path.c_str());
}

// epoll takes terminals, pipes and sockets; a file is read at once.
bool can_be_watched(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || ::isatty(fd) != 0;
}

}  // namespace

LineInput::LineInput(EventLoop& loop, LineHandler on_line, std::function<void()> on_end)
    : loop_(loop),
      on_line_(std::move(on_line)),
      on_end_(std::move(on_end)),
      interactive_(::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0) {}

LineInput::~LineInput() {
  stop();
}

void LineInput::start(const std::string& prompt) {
  prompt_ = prompt;
  if (interactive_) {
    CHECK(!edited_line);
    use_utf8();
    history_path_ = history_path();
    edited_line = [this](char* line) { take_edited(line); };
    completions = [this](const char* word, int end) { return complete(word, end); };
    rl_attempted_completion_function = [](const char* word, int /*begin*/, int end) {
      return completions ? completions(word, end) : nullptr;
    };
    rl_readline_name = "talkchat";
    using_history();
    stifle_history(kHistoryLines);
    if (!history_path_.empty()) read_history(history_path_.c_str());
    begin_editing();
  }
  if (can_be_watched(STDIN_FILENO)) {
    watch_ = loop_.watch(STDIN_FILENO, Interest::kRead, *this);
    watching_ = true;
  } else {
    loop_.post([this] { read_file(); });
  }
}

void LineInput::stop() {
  if (watching_) loop_.unwatch(STDIN_FILENO, watch_);
  watching_ = false;
  if (!edited_line) return;
  if (editing_) {
    erase_typed();
    std::cout << std::flush;
  }
  editing_ = false;
  rl_callback_handler_remove();
  rl_deprep_terminal();
  edited_line = nullptr;
  completions = nullptr;
  save_history(history_path_);
}

// Without candidates of ours libedit offers file names, unless it is told that this was all.
char** LineInput::complete(const char* word, int end) {
  bool files = false;
  const std::string line = std::string(rl_line_buffer).substr(0, static_cast<size_t>(end));
  candidates = completer_ ? completer_(line, files) : std::vector<std::string>();
  std::erase_if(candidates, [word](const std::string& candidate) { return !candidate.starts_with(word); });
  rl_attempted_completion_over = files ? 0 : 1;
  return candidates.empty() ? nullptr : rl_completion_matches(word, next_candidate);
}

// Installing it draws the prompt.
void LineInput::begin_editing() {
  rl_callback_handler_install(prompt_.c_str(), [](char* line) {
    if (edited_line) edited_line(line);
  });
  editing_ = true;
}

void LineInput::set_prompt(const std::string& prompt) {
  if (prompt == prompt_) return;
  if (editing_) erase_typed();
  prompt_ = prompt;
  if (!editing_) return;
  rl_set_prompt(prompt_.c_str());
  rl_forced_update_display();
}

void LineInput::on_ready(bool /*readable*/, bool /*writable*/) {
  if (interactive_) {
    rl_callback_read_char();
  } else {
    read_plain();
  }
}

void LineInput::take_edited(char* line) {
  editing_ = false;
  if (line == nullptr) {
    std::cout << "\n";
    on_end_();
    return;
  }
  std::string text = line;
  std::free(line);
  if (!text.empty()) add_history(text.c_str());
  on_line_(std::move(text));
  if (edited_line) begin_editing();
}

void LineInput::read_plain() {
  std::array<char, 16 * 1024> block;
  const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) plain_.append(block.data(), static_cast<size_t>(got));
  take_plain(got <= 0);
}

void LineInput::read_file() {
  while (!ended_) read_plain();
}

void LineInput::take_plain(bool at_end) {
  size_t begin = 0;
  for (size_t end; (end = plain_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    on_line_(plain_.substr(begin, end - begin));
  }
  plain_.erase(0, begin);
  if (!plain_.empty() && (at_end || plain_.size() > kMaxPlainLine)) on_line_(std::exchange(plain_, {}));
  if (!at_end) return;
  if (watching_) loop_.unwatch(STDIN_FILENO, watch_);
  watching_ = false;
  ended_ = true;
  on_end_();
}

// Prompt and text may take several rows; the cursor stands in one of them.
void LineInput::erase_typed() {
  int rows = 0;
  int columns = 0;
  rl_get_screen_size(&rows, &columns);
  const std::string_view typed = rl_line_buffer == nullptr ? "" : rl_line_buffer;
  const size_t before = display_width(prompt_) + display_width(typed.substr(0, static_cast<size_t>(rl_point)));
  const size_t up = columns > 0 ? before / static_cast<size_t>(columns) : 0;
  if (up > 0) std::cout << "\x1b[" << up << "A";
  std::cout << "\r\x1b[J";
}

void LineInput::print(const std::string& text) {
  if (!editing_) {
    std::cout << text << "\n" << std::flush;
    return;
  }
  erase_typed();
  std::cout << text << "\n" << std::flush;
  rl_forced_update_display();
}

void LineInput::resized() {
  if (interactive_ && editing_) rl_resize_terminal();
}

void LineInput::interrupt() {
  if (editing_) std::cout << "^C\n" << std::flush;
  editing_ = false;
  on_end_();
}

}  // namespace talkbeat
