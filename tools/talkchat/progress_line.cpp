#include "tools/talkchat/progress_line.h"

#include <unistd.h>

#include <iostream>

#include "tools/client/file_name.h"
#include "tools/client/terminal_text.h"

namespace talkbeat {

namespace {

constexpr size_t kBarWidth = 30;
constexpr Tick kDrawEveryMs = 100;
constexpr int kTellEachPercent = 25;

}  // namespace

ProgressLine::ProgressLine() : terminal_(::isatty(STDERR_FILENO) != 0) {}

void ProgressLine::show(const FileTransfer& transfer, Tick now) {
  const FileOffer& offer = transfer.offer();
  if (size_ != offer.size) meter_ = TransferMeter(size_ = offer.size);
  meter_.note(now, transfer.bytes());
  const bool whole = transfer.bytes() == offer.size;
  if (terminal_) {
    if (!whole && drawn_ && now - drawn_at_ < kDrawEveryMs) return;
    drawn_ = true;
    drawn_at_ = now;
    std::cerr << "\r\x1b[K" << safe_file_name(offer.name) << " " << meter_.bar(kBarWidth) << std::flush;
  } else if (meter_.percent() >= told_percent_ + kTellEachPercent) {
    told_percent_ = meter_.percent();
    std::cerr << safe_file_name(offer.name) << ": " << meter_.line() << "\n";
  }
}

void ProgressLine::note(const std::string& text) {
  end();
  std::cerr << printable(text) << "\n";
}

void ProgressLine::end() {
  if (drawn_) std::cerr << "\n";
  drawn_ = false;
  told_percent_ = 0;
}

}  // namespace talkbeat
