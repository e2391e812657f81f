#pragma once

#include <string>

#include "tools/client/file_transfer.h"
#include "tools/client/transfer_meter.h"

namespace talkbeat {

/// One file's progress on stderr, where nobody types: on a terminal a bar that is drawn over, else a line each quarter.
/// The loop's thread only.
///
///   line.show(transfer, clock.now());
///   line.end();   // before anything else is printed
class ProgressLine {
 public:
  ProgressLine();

  void show(const FileTransfer& transfer, Tick now);
  void note(const std::string& text);
  void end();

 private:
  bool terminal_;
  bool drawn_ = false;
  Tick drawn_at_ = 0;
  int told_percent_ = 0;
  uint32_t size_ = 0;
  TransferMeter meter_{0};
};

}  // namespace talkbeat
